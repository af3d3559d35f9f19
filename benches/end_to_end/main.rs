//! How fast the worker is from RabbitMQ to the mail server, as a ratio to the *floor*: the same queue and the same mail
//! server under a bare loop that renders nothing and remembers nothing.
//!
//! ```console
//! $ tests/rabbitmq start /tmp/broker && . /tmp/broker/env
//! $ export DASHLIGHT_TEST_SMTP_SINK=/usr/sbin/smtp-sink
//! $ cargo bench --bench end_to_end -- 10000 3      # events, rounds
//! ```

mod floor;
mod queue;
#[path = "../../tests/support/smtp.rs"]
mod smtp;
mod usage;
mod worker;

use usage::Usage;

/// What one run cost.
#[derive(Debug, Clone, Copy)]
struct Run {
    /// Seconds, from the first event taken to the last one done.
    elapsed: f64,
    usage: Usage,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [mode, url, queue, port, count] = arguments.as_slice()
        && mode == floor::MODE
    {
        return floor::run(url, queue, port.parse().expect("a port"), count.parse().expect("a number"));
    }
    let mut numbers = arguments.iter().map(|argument| argument.parse::<usize>().expect("a number"));
    let (count, rounds) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(3));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(compare(count, rounds.max(1)));
}

async fn compare(count: usize, rounds: usize) {
    let Some(url) = smtp::peer::named("DASHLIGHT_TEST_AMQP") else { return };
    let Some(sink) = smtp::Sink::start(&[]) else { return };
    let (mut floors, mut workers, mut firsts, mut idle) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    println!("{count} events, {rounds} rounds\n");
    println!("                 messages/s   CPU s/1,000   peak MB");
    for _ in 0..rounds {
        let floor = floor::measure(&url, sink.port, count).await;
        print("floor", floor, count);
        let measured = worker::measure(&url, sink.port, count).await;
        print("dashlight", measured.run, count);
        floors.push(floor);
        workers.push(measured.run);
        firsts.push(measured.first_message);
        idle.push(measured.idle_megabytes);
    }
    let of = |runs: &[Run], what: fn(&Run) -> f64| median(runs.iter().map(what).collect());
    let ratio = |what: fn(&Run) -> f64| of(&workers, what) / of(&floors, what);
    println!("\nmedians, dashlight to floor:");
    println!("  rate                    {:>8.2}   (at least 0.80)", 1.0 / ratio(|run| run.elapsed));
    println!("  CPU                     {:>8.2}   (at most 1.5)", ratio(|run| run.usage.cpu_seconds));
    println!("  peak memory, MB         {:>8.1}   (under 40)", of(&workers, |run| run.usage.peak_megabytes));
    println!("  idle memory, MB         {:>8.1}   (under 20)", median(idle));
    println!("  start to first mail, ms {:>8.0}   (under 300)", 1_000.0 * median(firsts));
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^52 events")]
fn print(name: &str, run: Run, count: usize) {
    let count = count as f64;
    let cpu = run.usage.cpu_seconds / count * 1_000.0;
    println!("{name:<12} {:>14.0} {cpu:>13.3} {:>9.1}", count / run.elapsed, run.usage.peak_megabytes);
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}
