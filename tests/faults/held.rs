//! What a process holds: it must not grow.

use super::worker::Worker;

#[derive(Debug, Clone, Copy)]
pub struct Held {
    pub threads: usize,
    pub descriptors: usize,
    /// Resident memory.
    pub kib: usize,
}

/// What attempts under way may hold: the worker has three lines to the broker, and the AMQP client 8 MiB of buffers for each.
const UNDER_WAY: usize = 3 * 8 * 1024;

impl Held {
    pub fn by(worker: &Worker) -> Self {
        let process = format!("/proc/{}", worker.id());
        let count = |of| std::fs::read_dir(format!("{process}/{of}")).expect("a running process").count();
        let status = std::fs::read_to_string(format!("{process}/status")).expect("a running process");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a line of it");
        let kib = resident.trim().trim_end_matches(" kB").parse().expect("a number");
        Self { threads: count("task"), descriptors: count("fd"), kib }
    }

    /// What has grown since then by more than attempts under way, or a pool that is filled, can explain.
    pub fn grown_since(self, then: Self) -> Option<String> {
        let grown = self.threads > then.threads + 8
            || self.descriptors > then.descriptors + 16
            || self.kib > then.kib + then.kib / 4 + UNDER_WAY;
        grown.then(|| format!("it grew from {then:?} to {self:?}"))
    }
}
