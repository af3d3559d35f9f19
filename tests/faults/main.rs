//! The promise, held against the worst: the real program, a real RabbitMQ, real mail servers and ledgers, and everything
//! done to them that operators and networks do. For each scenario it counts what was published and what became of it, and
//! at the end it prints the table.
//!
//! `tests/run servers build faults` starts the servers and runs this; `DASHLIGHT_TEST_FAULTS=full` for many more rounds.
//! Words on the command line choose the scenarios whose names begin with one of them.

#![cfg(unix)]
#![expect(clippy::expect_used, reason = "what goes wrong in a scenario is its result")]
#![expect(unreachable_pub, reason = "the parts of a test are public to the test only")]
#![allow(clippy::duplicate_mod, reason = "the files of both servers know where their peer is named")]

mod broker;
mod brokers;
mod burials;
mod carrier;
mod carriers;
mod fleets;
mod held;
mod inbox;
mod kills;
mod ledgers;
mod links;
mod outcomes;
mod own;
mod poisons;
#[path = "../support/postgres.rs"]
mod postgres;
#[path = "../support/relay.rs"]
mod relay;
mod scene;
#[path = "../support/smtp.rs"]
mod smtp;
mod soak;
mod table;
mod traffic;
#[path = "../support/worker.rs"]
mod worker;

use std::pin::Pin;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use burials::Refusal;
use scene::{Carrier, SLOW, Store};
use table::Row;

/// The longest that anything is waited for.
const PATIENCE: Duration = Duration::from_mins(3);
/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);
/// So many scenarios at once: most of them wait most of the time.
const AT_ONCE: usize = 3;

/// How much of it.
#[derive(Clone, Copy)]
struct Plan {
    full: bool,
    seed: u64,
}

impl Plan {
    fn rounds(self, bounded: usize, full: usize) -> usize {
        if self.full { full } else { bounded }
    }
}

type Running = Pin<Box<dyn Future<Output = Row>>>;

struct Scenario {
    name: &'static str,
    run: Box<dyn FnOnce(Plan) -> Running>,
}

fn scenario<F>(name: &'static str, run: impl FnOnce(Plan) -> F + 'static) -> Scenario
where
    F: Future<Output = Row> + 'static,
{
    Scenario { name, run: Box::new(|plan| Box::pin(run(plan))) }
}

fn scenarios() -> Vec<Scenario> {
    use Store::{Postgres, Sqlite};
    let resend = Carrier::Resend;
    vec![
        scenario("1 SIGKILL at each boundary, SQLite", move |plan| kills::at_each_boundary(plan, Sqlite, 1, SLOW)),
        scenario("1 SIGKILL at each boundary, PostgreSQL", move |plan| {
            kills::at_each_boundary(plan, Postgres, 1, SLOW)
        }),
        scenario("1 SIGKILL at each boundary, 4 workers, PostgreSQL", move |plan| {
            kills::at_each_boundary(plan, Postgres, 4, SLOW)
        }),
        scenario("1 SIGKILL at each boundary, idempotency keys", move |plan| {
            kills::at_each_boundary(plan, Sqlite, 1, resend)
        }),
        scenario("1 SIGKILL at random times, SQLite", move |plan| kills::at_random_times(plan, Sqlite, 1, SLOW)),
        scenario("1 SIGKILL at random times, PostgreSQL", move |plan| kills::at_random_times(plan, Postgres, 1, SLOW)),
        scenario("1 SIGKILL at random times, 4 workers, PostgreSQL", move |plan| {
            kills::at_random_times(plan, Postgres, 4, SLOW)
        }),
        scenario("1 SIGKILL at random times, 4 workers, idempotency keys", move |plan| {
            kills::at_random_times(plan, Postgres, 4, resend)
        }),
        scenario("1 SIGKILL twice, the window measured", kills::twice_in_a_large_traffic),
        scenario("2 TCP cut, and swallowed, again and again", links::cut),
        scenario("2 broker silent at any stage of AMQP", |plan| links::silent(plan, false)),
        scenario("2 broker silent at any stage of TLS and AMQP", |plan| links::silent(plan, true)),
        scenario("2 broker refuses for half an hour", links::refused_for_half_an_hour),
        scenario("3 RabbitMQ killed and restarted under load", brokers::restarted),
        scenario("3 alarms of memory and disk", brokers::alarmed),
        scenario("3 consumer timed out, queue deleted and made anew", brokers::cancelled),
        scenario("3 password and rights revoked and given back", brokers::distrusted),
        scenario("4 dead letters nacked", |plan| burials::refused(plan, Refusal::Nacked)),
        scenario("4 dead letters unroutable", |plan| burials::refused(plan, Refusal::Unroutable)),
        scenario("4 dead letters unconfirmed", |plan| burials::refused(plan, Refusal::Unconfirmed)),
        scenario("5 poison of all kinds, and panics", poisons::kept),
        scenario("5 crash loop, delivery limit 20", poisons::crash_loop),
        scenario("6 mail server refuses and drops single recipients", carriers::capricious),
        scenario("6 mail server silent, dripping, cut at any moment", |plan| carriers::unsteady(plan, false)),
        scenario("6 the same over TLS", |plan| carriers::unsteady(plan, true)),
        scenario("6 mail server not trusted", carriers::untrusted),
        scenario("6 mail server gone for an hour", carriers::gone_for_an_hour),
        scenario("7 PostgreSQL down, silent, cut off", ledgers::down),
        scenario("7 PostgreSQL failed over to its standby", ledgers::failed_over),
        scenario("7 SQLite's disk full", ledgers::full),
        scenario("8 SIGSTOP for two leases, then SIGCONT", fleets::asleep),
        scenario("9 1 to 8 to 1 workers, clocks 5 minutes apart", fleets::growing_and_shrinking),
        scenario("11 soak: a bit of all", soak::soaked),
    ]
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // Those who only ask which tests are here are told of none: this is one command, not many tests.
    let much = how_much();
    if much == "none" || arguments.iter().any(|argument| argument == "--list") {
        return ExitCode::SUCCESS;
    }
    let needs = ["DASHLIGHT_TEST_AMQP", "DASHLIGHT_TEST_POSTGRES", "DASHLIGHT_TEST_PYTHON", "DASHLIGHT_TEST_FAKETIME"];
    if needs.into_iter().any(|server| smtp::peer::named(server).is_none()) {
        return ExitCode::SUCCESS;
    }
    let words: Vec<_> = arguments.iter().filter(|argument| !argument.starts_with('-')).collect();
    let is_chosen =
        |known: &Scenario| words.is_empty() || words.iter().any(|word| known.name.starts_with(word.as_str()));
    let chosen = scenarios().into_iter().filter(is_chosen);
    let rows = tokio::task::LocalSet::new().run_until(run(chosen.collect(), plan(&much))).await;
    println!("\n{}", table::table(&rows));
    for row in rows.iter().filter(|row| !row.is_balanced()) {
        println!("{}:\n  {}\n", row.scenario, row.faults.join("\n  "));
    }
    ExitCode::from(u8::from(!rows.iter().all(Row::is_balanced)))
}

#[expect(clippy::disallowed_methods, reason = "a test learns from its environment how long it may take")]
fn how_much() -> String {
    std::env::var("DASHLIGHT_TEST_FAULTS").unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "and how a run before it went")]
fn plan(much: &str) -> Plan {
    let said = std::env::var("DASHLIGHT_TEST_SEED").ok();
    let seed = said.and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("seed {seed} (DASHLIGHT_TEST_SEED repeats it)");
    Plan { full: much == "full", seed }
}

/// A few at a time, in their order; what they print is in the order in which they end.
async fn run(scenarios: Vec<Scenario>, plan: Plan) -> Vec<Row> {
    let mut waiting = scenarios.into_iter().enumerate();
    let (mut running, mut rows) = (tokio::task::JoinSet::new(), Vec::new());
    loop {
        while running.len() < AT_ONCE
            && let Some((index, Scenario { name, run })) = waiting.next()
        {
            let began = Instant::now();
            let task = tokio::task::spawn_local(run(plan));
            running.spawn_local(async move {
                let row = task.await.unwrap_or_else(|fault| Row::broken(name, told(fault)));
                (index, Row { scenario: name.to_owned(), seconds: began.elapsed().as_secs(), ..row })
            });
        }
        let Some(ended) = running.join_next().await else { break };
        let (index, row) = ended.expect("it catches panics itself");
        println!("{:>4} s  {}{}", row.seconds, row.scenario, if row.is_balanced() { "" } else { ": DOES NOT BALANCE" });
        rows.push((index, row));
    }
    rows.sort_by_key(|(index, _)| *index);
    rows.into_iter().map(|(_, row)| row).collect()
}

fn told(fault: tokio::task::JoinError) -> String {
    match fault.try_into_panic() {
        Ok(panic) => match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic.downcast::<&str>().map_or("it panicked".to_owned(), |text| (*text).to_owned()),
        },
        Err(fault) => fault.to_string(),
    }
}

#[expect(clippy::disallowed_methods, reason = "the events of a test happen now")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
