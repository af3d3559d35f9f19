//! A ledger that is down, silent, full, or another one than before: no blind send, no acknowledgement that is lost.

use std::fs;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::own::Own;
use super::relay::{Mode, Relay};
use super::scene::{Carrier, Scene, Store, WINDOW, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now};

const EACH: usize = 60;

fn traffic(plan: Plan, part: usize) -> Traffic {
    Traffic::mixed(part * EACH..(part + 1) * EACH, now(), plan.seed + part as u64)
}

/// So slow that most of what was claimed is not sent yet when the ledger goes.
const SLOWER: Carrier = Carrier::Smtp(&["--delay", "0.2"]);

/// The ledger has gone just now, and nothing is sent while nobody can look whether it may be: what was on its way comes
/// out soon, and then it is quiet.
async fn quiet(scene: &mut Scene, faults: &mut Vec<String>) {
    scene.inbox.look();
    let gone = scene.inbox.total();
    let late = loop {
        let before = scene.inbox.total();
        sleep(Duration::from_secs(1)).await;
        scene.inbox.look();
        let (now, late) = (scene.inbox.total(), scene.inbox.total() - gone);
        if now == before || late > WINDOW {
            break late;
        }
    };
    if late > WINDOW {
        faults.push(format!("{late} mails were sent after the ledger had gone, more than were on their way"));
    }
    sleep(Duration::from_millis(1_500)).await;
    scene.inbox.look();
    let blind = scene.inbox.total() - gone - late;
    if blind > 0 {
        faults.push(format!("{blind} mails were sent while the ledger was gone"));
    }
}

/// Stopped without a word, swallowed by the network, cut off; and there again each time.
pub async fn down(plan: Plan) -> Row {
    let server = Own::start("postgres", &[]).await;
    let mut scene = Scene::new(Store::Postgres, SLOWER).await;
    let mut url = url::Url::parse(&server.named("DASHLIGHT_TEST_POSTGRES")).expect("a URL");
    scene.keep_at(url.as_str());
    let address = SocketAddr::from(([127, 0, 0, 1], url.port().expect("a port")));
    let relay = Relay::start(address, Mode::Forward).await;
    url.set_port(Some(relay.port())).expect("it has a host");
    scene.set(format!("ledger.url={url}"));
    scene.set("ledger.lease=10m");
    scene.start();
    let (mut faults, rounds) = (Vec::new(), plan.rounds(3, 21));
    for round in 0..rounds {
        let got = scene.inbox.distinct();
        scene.publish(traffic(plan, 2 * round)).await;
        scene.until_got(got + 5).await;
        match round % 3 {
            0 => drop(server.run("down", &[]).await),
            1 => relay.set(Mode::BlackHole),
            _ => {
                relay.set(Mode::Refuse);
                relay.cut();
            }
        }
        scene.publish(traffic(plan, 2 * round + 1)).await;
        quiet(&mut scene, &mut faults).await;
        if round % 3 == 0 {
            server.run("up", &[]).await;
        }
        relay.set(Mode::Forward);
        relay.cut();
        scene.until_all_got().await;
    }
    let mut row = scene.finish(0).await;
    row.faults.extend(faults);
    row
}

/// The server is lost, and its standby takes over. The ledger's URL names both.
pub async fn failed_over(plan: Plan) -> Row {
    let server = Own::start("postgres", &[]).await;
    server.run("standby", &[]).await;
    let mut scene = Scene::new(Store::Postgres, SLOWER).await;
    let (first, second) = (server.named("DASHLIGHT_TEST_POSTGRES"), server.named("DASHLIGHT_TEST_POSTGRES_STANDBY"));
    scene.keep_at(&second);
    let port = |url: &str| url::Url::parse(url).ok().and_then(|url| url.port()).expect("a port");
    let both = format!("127.0.0.1:{},127.0.0.1:{}", port(&first), port(&second));
    scene.set(format!("ledger.url={}", first.replace(&format!("127.0.0.1:{}", port(&first)), &both)));
    scene.set("ledger.lease=10m");
    scene.start();
    scene.publish(traffic(plan, 0).and(traffic(plan, 1))).await;
    scene.until_got(EACH / 2).await;
    server.run("down", &[]).await;
    scene.publish(traffic(plan, 2)).await;
    let mut faults = Vec::new();
    quiet(&mut scene, &mut faults).await;
    server.run("promote", &[]).await;
    let mut row = scene.finish(0).await;
    row.faults.extend(faults);
    row
}

/// A small disk of its own, for as long as the value is held.
struct Disk {
    dir: tempfile::TempDir,
    keeper: Child,
}

impl Disk {
    /// `None` where nobody may mount.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().expect("a folder");
        let mut keeper = Command::new("setsid")
            .args(["sh", "-c", "mount -t tmpfs -o size=24m none \"$0\" && echo mounted && cat; umount \"$0\""])
            .arg(dir.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let mut said = String::new();
        let output = keeper.stdout.take().expect("a pipe");
        std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut said).expect("a line");
        let disk = Self { dir, keeper };
        (said.trim() == "mounted").then_some(disk)
    }

    /// Takes all that is free.
    fn fill(&self) {
        let filler = self.dir.path().join("filler");
        for size in [1 << 16, 1 << 12, 512] {
            let mut file = fs::OpenOptions::new().create(true).append(true).open(&filler).expect("a file");
            while std::io::Write::write_all(&mut file, &vec![0; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.dir.path().join("filler")).expect("it is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// No room for what SQLite writes, and room again.
pub async fn full(plan: Plan) -> Row {
    let Some(disk) = Disk::mount() else { return Row::skipped("nobody may mount a disk here") };
    let mut scene = Scene::new(Store::Sqlite, SLOWER).await;
    scene.keep_in(disk.dir.path());
    scene.start();
    let mut faults = Vec::new();
    for round in 0..plan.rounds(3, 20) {
        let got = scene.inbox.distinct();
        scene.publish(traffic(plan, 2 * round)).await;
        scene.until_got(got + 5).await;
        let told = scene.told("disk is full");
        disk.fill();
        scene.publish(traffic(plan, 2 * round + 1)).await;
        scene.until_told("disk is full", told + 1).await;
        quiet(&mut scene, &mut faults).await;
        disk.free();
        scene.until_all_got().await;
    }
    let mut row = scene.finish(0).await;
    row.faults.extend(faults);
    row
}
