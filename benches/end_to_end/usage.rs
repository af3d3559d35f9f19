//! What a process has used, as Linux tells it.

use std::path::PathBuf;

/// Ticks in a second: the same on every Linux (`USER_HZ`).
const TICKS: f64 = 100.0;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Of all threads, in user and system mode, since the start.
    pub(crate) cpu_seconds: f64,
    pub(crate) peak_megabytes: f64,
    pub(crate) megabytes: f64,
}

impl Usage {
    /// Of a running process, by its number or as `self`.
    pub(crate) fn of(process: &str) -> Self {
        let read = |file: &str| {
            let path = PathBuf::from("/proc").join(process).join(file);
            std::fs::read_to_string(path).expect("Linux, and the process runs")
        };
        let (stat, status) = (read("stat"), read("status"));
        // The name of the program stands in parentheses and may hold anything.
        let fields: Vec<&str> = stat.rsplit_once(')').expect("a name").1.split_whitespace().collect();
        let ticks: f64 = [11, 12].map(|field| fields[field].parse::<f64>().expect("ticks")).into_iter().sum();
        let megabytes = |key: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(key)).expect("a size");
            let kibibytes = line.split_whitespace().nth(1).expect("a number").parse::<f64>().expect("a number");
            kibibytes / 1024.0
        };
        Self { cpu_seconds: ticks / TICKS, peak_megabytes: megabytes("VmHWM"), megabytes: megabytes("VmRSS") }
    }
}
