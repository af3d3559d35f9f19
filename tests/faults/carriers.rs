//! Mail servers that refuse, stall, drip, drop, and are gone for an hour.

use std::net::SocketAddr;
use std::time::Duration;

use super::relay::{Mode, Relay};
use super::scene::{Carrier, SLOW, Scene, Store, faster, sleep};
use super::table::Row;
use super::traffic::Traffic;
use super::{Plan, now};

/// What the server does to a recipient of this name (`smtp_server.py`) passes, and then the owner gets the mail.
const PASSING: [&str; 8] = [
    "bye",
    "1x-rcpt451.4.7.1",
    "1x-data451.4.3.0",
    "1x-rcpt421",
    "1x-rcptdrop",
    "1x-rcpthang",
    "1x-lose",
    "1x-data421",
];

/// These get a mail each time, since the server has taken it and its word is lost.
const DOUBTFUL: [&str; 2] = ["1x-silent", "1x-drop"];

/// These never get one.
const REFUSED: [&str; 3] = ["rcpt550.5.1.1", "data554.5.7.1", "rcpt553"];

/// One recipient in so many has such a name.
const RARE: usize = 12;

/// Replies of all kinds, for each recipient another: nobody's neighbour suffers.
pub async fn capricious(plan: Plan) -> Row {
    let each = plan.rounds(3, 30);
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    // Only the two that are in doubt may come twice, and not those for which the server takes its time.
    scene.set("smtp.data_timeout=3s");
    let kinds: Vec<&str> = PASSING.into_iter().chain(DOUBTFUL).chain(REFUSED).collect();
    // Most are recipients like any other, or the server would seem to be down.
    let owners = (0..each * kinds.len() * RARE).map(|owner| {
        let kind = if owner % RARE == 0 { kinds[owner / RARE % kinds.len()] } else { "owner" };
        (owner, format!("{kind}-{owner}@example.com"))
    });
    let mut traffic = Traffic::to(owners, now());
    traffic.must.retain(|address| !REFUSED.iter().any(|kind| address.starts_with(kind)));
    scene.publish(traffic).await;
    scene.start();
    let mut row = scene.finish(each * DOUBTFUL.len()).await;
    let (failed, dead, all) = (row.failed, row.dead, (each * REFUSED.len()) as u64);
    row.demand(failed == all, || format!("{failed} failed for good, and {all} recipients were refused"));
    row.demand(dead == 0, || format!("{dead} events were dead-lettered"));
    row
}

/// A worker whose way to the mail server leads through a relay.
pub async fn behind_relay(scene: &mut Scene) -> Relay {
    let relay = Relay::start(SocketAddr::from(([127, 0, 0, 1], scene.smtp_port())), Mode::Forward).await;
    scene.set(format!("smtp.port={}", relay.port()));
    relay
}

/// One of the ways in which a connection can go wrong at any moment.
pub fn mishap(chance: &mut fastrand::Rng) -> Mode {
    match chance.u8(0..6) {
        0 => Mode::Silent,
        1 => Mode::Refuse,
        2 => Mode::Drip(Duration::from_millis(20)),
        // A mail has about 20 KB; the replies to it and before it some hundred bytes, with TLS two thousand.
        3 => Mode::Mute(chance.usize(0..2_500)),
        4 => Mode::Sever(chance.usize(0..2_500)),
        _ => Mode::Sever(chance.usize(0..80_000)),
    }
}

/// Silence, drip and the end of the connection in each moment: before the greeting, within TLS, between commands, before
/// the final dot and after it.
pub async fn unsteady(plan: Plan, tls: bool) -> Row {
    let encrypted = Carrier::Smtp(&["--delay", "0.005", "--tls", "starttls"]);
    let mut scene = Scene::new(Store::Sqlite, if tls { encrypted } else { SLOW }).await;
    if tls {
        scene.set("smtp.tls=starttls");
        scene.set(format!("smtp.ca_file={}", scene.smtp_certificate().display()));
    }
    let relay = behind_relay(&mut scene).await;
    scene.hurry_less();
    for setting in ["smtp.connect_timeout=30s", "smtp.command_timeout=30s", "smtp.data_timeout=1m"] {
        scene.set(setting);
    }
    for setting in ["dispatch.retry_min=5s", "dispatch.retry_max=1m", "dispatch.poll=5s"] {
        scene.set(setting);
    }
    let mut chance = fastrand::Rng::with_seed(plan.seed);
    // Faster, or the worker would leave the server alone most of the time.
    let clock = faster(100);
    scene.start_as(&clock.each_ref().map(|(name, value)| (*name, value.as_str())));
    let (rounds, each) = (plan.rounds(24, 200), 15);
    // More of them where the worker was too slow to come into many.
    for round in 0..rounds * 4 {
        if round >= rounds && relay.accepted() > rounds / 2 {
            break;
        }
        relay.set(mishap(&mut chance));
        // Those of the round before go wrong another way.
        relay.cut();
        scene.publish(Traffic::errors(round * each..(round + 1) * each, now())).await;
        sleep(Duration::from_millis(chance.u64(200..500))).await;
    }
    relay.set(Mode::Forward);
    relay.cut();
    // Each connection that broke may have had one mail whose answer was lost.
    let broken = relay.accepted();
    let mut row = scene.finish(broken).await;
    let (failed, dead) = (row.failed, row.dead);
    row.demand(failed == 0 && dead == 0, || format!("{failed} failed, {dead} were dead-lettered"));
    row.demand(broken > rounds / 2, || format!("only {broken} connections, so little went wrong"));
    row
}

/// A certificate that nobody trusts: nothing is sent, nothing is lost, and it is told.
pub async fn untrusted(_: Plan) -> Row {
    let mut scene = Scene::new(Store::Sqlite, Carrier::Smtp(&["--tls", "starttls"])).await;
    scene.set("smtp.tls=starttls");
    scene.publish(Traffic::mixed(0..60, now(), 6)).await;
    scene.start();
    scene.until("a word about the certificate", |scene| scene.told("certificate") > 0).await;
    sleep(Duration::from_secs(2)).await;
    scene.stop_all().await;
    scene.inbox.look();
    let early = scene.inbox.total();
    scene.set(format!("smtp.ca_file={}", scene.smtp_certificate().display()));
    scene.start();
    let mut row = scene.finish(0).await;
    row.demand(early == 0, || format!("{early} mails went to a stranger"));
    row
}

/// An hour without a mail server: all of it waits, and nothing of it is given up.
pub async fn gone_for_an_hour(_: Plan) -> Row {
    const PACE: u32 = 400;
    let mut scene = Scene::new(Store::Sqlite, SLOW).await;
    let relay = behind_relay(&mut scene).await;
    relay.set(Mode::Refuse);
    scene.hurry_less();
    scene.publish(Traffic::errors(0..200, now())).await;
    let clock = faster(PACE);
    scene.start_as(&clock.each_ref().map(|(name, value)| (*name, value.as_str())));
    sleep(Duration::from_hours(1) / PACE + Duration::from_secs(1)).await;
    let warned = scene.complaints().len();
    relay.set(Mode::Forward);
    let mut row = scene.finish(0).await;
    let (failed, dead) = (row.failed, row.dead);
    row.demand(failed == 0 && dead == 0, || format!("{failed} failed, {dead} were dead-lettered"));
    row.demand(warned < 400, || format!("{warned} warnings in an hour, which is not calm"));
    row
}
