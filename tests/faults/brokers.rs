//! A broker that is restarted, short of memory or disk, loses its queue, its patience or its trust in the worker.

use std::time::Duration;

use super::Plan;
use super::now;
use super::own::Own;
use super::scene::{SLOW, Scene, Store, sleep};
use super::table::Row;
use super::traffic::Traffic;

/// Events of one round.
const EACH: usize = 60;

/// RabbitMQ 3.10 now and then starts a quorum queue of a node that is alone without a leader, and takes nothing for it: what
/// its operator does then.
const ELECTION: &str =
    "[ra:trigger_election({Name, node()}) || {Name, _} <- ra_directory:list_registered(quorum_queues)].";

/// RabbitMQ tells that a queue is bound before its disk knows; what is killed in the next second or so may forget the
/// binding for good. Where there is no Mnesia, there is nothing to do.
const KEEP: &str = "catch mnesia:sync_log().";

/// Killed, stopped, and its application alone stopped, while events are published and taken.
pub async fn restarted(plan: Plan) -> Row {
    let node = Own::start("rabbitmq", &[]).await;
    let mut scene = Scene::at(&node.named("DASHLIGHT_TEST_AMQP"), Store::Sqlite, SLOW).await;
    node.run("ctl", &["eval", KEEP]).await;
    scene.start();
    let rounds = plan.rounds(2, 20);
    for round in 0..rounds {
        // Each restart is to end a session, which has to be there first.
        scene.until_told("taking events", round + 1).await;
        let traffic = |half: usize| {
            let first = (2 * round + half) * EACH;
            Traffic::mixed(first..first + EACH, now(), plan.seed + first as u64)
        };
        scene.publish(traffic(0)).await;
        let restart = async {
            match round % 3 {
                0 => drop(node.run("restart", &["kill"]).await),
                1 => drop(node.run("restart", &[]).await),
                _ => {
                    node.run("ctl", &["stop_app"]).await;
                    node.run("ctl", &["start_app"]).await;
                }
            }
        };
        let restart = async {
            restart.await;
            node.run("ctl", &["eval", ELECTION]).await;
        };
        tokio::join!(scene.publish(traffic(1)), restart);
    }
    scene.until_told("taking events", rounds + 1).await;
    scene.until_all_got().await;
    let complaints = scene.complaints();
    let mut row = scene.finish(0).await;
    calm(&mut row, &complaints, 6 * rounds);
    row
}

/// One line for each change, and one for each new reason; by the source, the dead letters and the outcomes. And what lasts is
/// told again by each of the three every 30 seconds.
fn calm(row: &mut Row, complaints: &[String], most: usize) {
    let most = most + usize::try_from(3 * row.seconds / 30).expect("a small number");
    row.demand(complaints.len() <= most, || {
        format!("{} complaints, and {most} would be calm:\n{}", complaints.len(), complaints.join("\n"))
    });
}

/// A node, and a worker with no more rights than it needs.
struct Stage {
    node: Own,
    scene: Scene,
    plan: Plan,
    owners: usize,
    /// Things done to the broker.
    rounds: usize,
}

impl Stage {
    async fn new(plan: Plan) -> Self {
        let node = Own::start("rabbitmq", &[]).await;
        let url = node.named("DASHLIGHT_TEST_AMQP");
        let mut scene = Scene::at(&url, Store::Sqlite, SLOW).await;
        scene.set(format!("rabbitmq.url={}", url.replace("guest:guest", "worker:worker")));
        for setting in ["declare=passive", "request_timeout=1s", "reconnect_max=500ms", "prefetch=50"] {
            scene.set(format!("rabbitmq.{setting}"));
        }
        scene.set("source.batch_size=10");
        Self { node, scene, plan, owners: 0, rounds: 0 }
    }

    async fn ctl(&self, words: &[&str]) {
        self.node.run("ctl", words).await;
    }

    async fn publish(&mut self) {
        let first = self.owners;
        self.owners += EACH;
        self.scene.publish(Traffic::mixed(first..self.owners, now(), self.plan.seed + first as u64)).await;
    }

    /// Until the worker has said this `count` times in all.
    async fn until_told(&mut self, words: &str, count: usize) {
        self.rounds += 1;
        self.scene.until_told(words, count).await;
    }

    /// All is well again: everybody gets a mail, what cannot be used is buried, and nothing is left in the queue.
    async fn until_well(&mut self) {
        self.scene.until_all_got().await;
        self.scene.until_all_buried().await;
        self.scene.until_all_taken().await;
    }

    async fn finish(self) -> Row {
        let complaints = self.scene.complaints();
        let mut row = self.scene.finish(0).await;
        calm(&mut row, &complaints, 6 * self.rounds);
        row
    }
}

/// Alarms of memory and disk, which stop whoever publishes, and so the dead letters.
pub async fn alarmed(plan: Plan) -> Row {
    const BLOCKED: &str = "(waiting for the confirm)";
    let mut stage = Stage::new(plan).await;
    stage.scene.start();
    stage.scene.until_told("taking events", 1).await;
    for (raise, lower) in [
        (["set_vm_memory_high_watermark", "0"], ["set_vm_memory_high_watermark", "0.4"]),
        (["set_disk_free_limit", "1000000000000000"], ["set_disk_free_limit", "50MB"]),
    ] {
        let told = stage.scene.told(BLOCKED);
        stage.scene.fleet[0].signal("STOP");
        stage.publish().await;
        stage.ctl(&raise).await;
        stage.scene.fleet[0].signal("CONT");
        stage.until_told(BLOCKED, told + 1).await;
        sleep(Duration::from_secs(1)).await;
        stage.ctl(&lower).await;
        stage.until_well().await;
    }
    stage.finish().await
}

/// What the broker logs of a consumer that is too slow for it.
const TIMED_OUT: &str = "has timed out waiting";

/// A queue that is deleted and made anew, and a consumer that is too slow for the broker.
pub async fn cancelled(plan: Plan) -> Row {
    let mut stage = Stage::new(plan).await;
    stage.ctl(&["eval", "application:set_env(rabbit, channel_tick_interval, 300)."]).await;
    // Longer than a worker takes that is only slow.
    stage.ctl(&["eval", "application:set_env(rabbit, consumer_timeout, 2500)."]).await;
    stage.scene.start();
    for _ in 0..plan.rounds(2, 10) {
        let got = stage.scene.inbox.distinct();
        stage.publish().await;
        stage.scene.until_got(got + EACH / 2).await;
        let (lost, timed_out) = (stage.scene.told("out of service"), stage.logged(TIMED_OUT));
        stage.scene.fleet[0].signal("STOP");
        stage.publish().await;
        stage.until_logged(TIMED_OUT, timed_out + 1).await;
        stage.scene.fleet[0].signal("CONT");
        stage.until_told("out of service", lost + 1).await;
        stage.until_well().await;

        let (queue, missed) = (stage.scene.broker.queue.clone(), stage.scene.told("does not exist"));
        stage.scene.broker.delete(&queue).await;
        stage.until_told("does not exist", missed + 1).await;
        // A passive worker takes it as it is.
        stage.scene.broker.declare(&queue, &[]).await;
        stage.publish().await;
        stage.until_well().await;
    }
    stage.finish().await
}

impl Stage {
    /// How often the broker has logged this.
    fn logged(&self, words: &str) -> usize {
        self.node.log("log").matches(words).count()
    }

    async fn until_logged(&mut self, words: &str, count: usize) {
        let Self { node, scene, .. } = self;
        scene.until(words, |_| node.log("log").matches(words).count() >= count).await;
    }
}

/// A password that is changed, and rights that are taken, while connections are closed; and both given back.
pub async fn distrusted(plan: Plan) -> Row {
    let mut stage = Stage::new(plan).await;
    stage.scene.start();
    let rights: &[&str] = &["set_permissions", "worker", "^$", "^(amq\\.default|outcomes-.*)$", ".*"];
    for (told, revoke, restore) in [
        (
            "refuses the login",
            ["change_password", "worker", "another"].as_slice(),
            ["change_password", "worker", "worker"].as_slice(),
        ),
        ("check the virtual host and the user", &["clear_permissions", "worker"], rights),
        ("the broker refuses (", &["set_permissions", "worker", "^$", "^$", "^$"], rights),
        ("dead letters", &["set_permissions", "worker", "^$", "^$", ".*"], rights),
    ] {
        stage.publish().await;
        let before = stage.scene.told(told);
        stage.ctl(revoke).await;
        stage.ctl(&["close_all_connections", "a hard day"]).await;
        stage.publish().await;
        stage.until_told(told, before + 1).await;
        stage.ctl(restore).await;
        stage.until_well().await;
    }
    stage.finish().await
}
