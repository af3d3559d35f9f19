//! The floor: lapin and lettre in the barest loop over nodelay sockets. Each event is answered with the same ready-made
//! mail and acknowledged alone. In a process of its own, so that its memory and CPU time can be told.

use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use futures_util::StreamExt;
use futures_util::future::join_all;
use lapin::options::{BasicAckOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties, Consumer};
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::net::TcpStream;
use tokio::sync::Mutex;

use crate::Run;
use crate::queue::Queue;
use crate::usage::Usage;

pub(crate) const MODE: &str = "--floor";

/// As many as the worker opens by default.
const CONNECTIONS: usize = 8;
/// Bytes.
const MAIL: usize = 6 * 1024;

/// Starts this program again as the floor, on a full queue.
pub(crate) async fn measure(url: &str, port: u16, count: usize) -> Run {
    let queue = Queue::declare(url, "floor").await;
    queue.fill(count).await;
    let program = std::env::current_exe().expect("a program");
    let (port, count) = (port.to_string(), count.to_string());
    let output = Command::new(program).args([MODE, url, &queue.name, &port, &count]).output().expect("the floor runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    queue.delete(&[]).await;
    let told = String::from_utf8(output.stdout).expect("text");
    let numbers: Vec<f64> = told.split_whitespace().map(|number| number.parse().expect("a number")).collect();
    let [elapsed, cpu_seconds, peak_megabytes, megabytes] = numbers[..] else { panic!("four numbers, not {told:?}") };
    Run { elapsed, usage: Usage { cpu_seconds, peak_megabytes, megabytes } }
}

/// What the other process does.
pub(crate) fn run(url: &str, queue: &str, port: u16, count: usize) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let elapsed = runtime.block_on(pump(url, queue, port, count));
    let Usage { cpu_seconds, peak_megabytes, megabytes } = Usage::of("self");
    println!("{elapsed} {cpu_seconds} {peak_megabytes} {megabytes}");
}

async fn pump(url: &str, queue: &str, port: u16, count: usize) -> f64 {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("the broker is there");
    let channel = connection.create_channel().await.expect("a channel");
    channel.basic_qos(500, BasicQosOptions::default()).await.expect("a prefetch");
    let (options, arguments) = (BasicConsumeOptions::default(), FieldTable::default());
    let consumer = channel.basic_consume(queue.into(), "".into(), options, arguments).await.expect("a consumer");
    let started = Instant::now();
    let consumer = Arc::new(Mutex::new(consumer));
    let tasks = (0..CONNECTIONS).map(|number| {
        let share = count / CONNECTIONS + usize::from(number < count % CONNECTIONS);
        tokio::spawn(send(Arc::clone(&consumer), port, share))
    });
    for ended in join_all(tasks).await {
        ended.expect("no panic");
    }
    let elapsed = started.elapsed().as_secs_f64();
    connection.close(200, "OK".into()).await.expect("closed");
    elapsed
}

async fn send(consumer: Arc<Mutex<Consumer>>, port: u16, count: usize) {
    let stream = TcpStream::connect(("127.0.0.1", port)).await.expect("the mail server is there");
    stream.set_nodelay(true).expect("nodelay");
    let hello = ClientId::Domain("localhost".to_owned());
    let mut smtp = AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello).await.expect("a session");
    let address = |text: &str| text.parse().expect("an address");
    let envelope = Envelope::new(Some(address("hello@chargeup.example")), vec![address("owner@example.com")]);
    let envelope = envelope.expect("an envelope");
    let mail = mail();
    for _ in 0..count {
        let delivery = consumer.lock().await.next().await.expect("an event").expect("a delivery");
        smtp.send(&envelope, &mail).await.expect("accepted");
        assert!(delivery.ack(BasicAckOptions::default()).await.expect("acknowledged"));
    }
    smtp.quit().await.expect("a goodbye");
}

fn mail() -> Vec<u8> {
    let mut mail = b"From: hello@chargeup.example\r\nTo: owner@example.com\r\nSubject: Hello\r\n\r\n".to_vec();
    while mail.len() < MAIL {
        mail.extend_from_slice(b"<p>Your car can no longer be reached; sign in again to reconnect it.</p>\r\n");
    }
    mail
}
