//! What no real server does on demand, played by a script.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::clock::SystemClock;
use crate::config::Tls;
use crate::ledger::DispatchId;
use crate::message::{Email, Mailbox};

/// Every line that was read, with the number of its connection.
type Log = Arc<Mutex<Vec<(usize, String)>>>;

/// What is answered to a line: the whole of it, nothing, or more than one reply.
type Answer = Arc<dyn Fn(&str) -> &'static str + Send + Sync>;

/// Answers each line as `answer` says, so long after it came, however many came together; the lines of a message are not asked
/// about, its final dot is.
async fn serve(listener: TcpListener, log: Log, answer: Answer, away: Duration) {
    for connection in 1.. {
        let Ok((socket, _)) = listener.accept().await else { return };
        tokio::spawn(converse(socket, connection, Arc::clone(&log), Arc::clone(&answer), away));
    }
}

async fn converse(
    socket: TcpStream,
    connection: usize,
    log: Log,
    answer: Answer,
    away: Duration,
) -> std::io::Result<()> {
    // Or each reply but the first of several would wait until we acknowledge the one before, which we do late.
    socket.set_nodelay(true)?;
    let (lines, mut replies) = socket.into_split();
    let mut wire = BufReader::new(lines);
    let (answers, mut answered) = tokio::sync::mpsc::unbounded_channel::<(Instant, &'static str)>();
    answers.send((Instant::now(), "220 script\r\n")).unwrap();
    tokio::spawn(async move {
        while let Some((at, reply)) = answered.recv().await {
            tokio::time::sleep_until(at + away).await;
            replies.write_all(reply.as_bytes()).await?;
        }
        std::io::Result::Ok(())
    });
    let (mut line, mut in_message) = (String::new(), false);
    while wire.read_line(&mut line).await? > 0 {
        let said = line.trim_end().to_owned();
        line.clear();
        if in_message && said != "." {
            continue;
        }
        log.lock().unwrap().push((connection, said.clone()));
        let reply = answer(&said);
        in_message = said == "DATA" && reply.contains("354");
        if answers.send((Instant::now(), reply)).is_err() {
            break;
        }
    }
    Ok(())
}

/// The answers of a server that accepts everything and offers PIPELINING.
fn agreeable(line: &str) -> &'static str {
    match line {
        line if line.starts_with("EHLO") => "250-script\r\n250 PIPELINING\r\n",
        "DATA" => "354 go on\r\n",
        "QUIT" => "221 bye\r\n",
        _ => "250 fine\r\n",
    }
}

struct Stage {
    smtp: Smtp,
    log: Log,
}

impl Stage {
    async fn set(answer: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> Self {
        Self::far(Duration::ZERO, answer).await
    }

    async fn far(away: Duration, answer: impl Fn(&str) -> &'static str + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let smtp = new(&settings(listener.local_addr().unwrap().port())).unwrap();
        let log = Log::default();
        tokio::spawn(serve(listener, Arc::clone(&log), Arc::new(answer), away));
        Self { smtp, log }
    }

    async fn send(&self) -> Result<Accepted, SendError> {
        self.smtp.send(&Message::Email(email())).await
    }

    /// How often a line that begins so was read on a connection.
    fn count(&self, connection: usize, start: &str) -> usize {
        let log = self.log.lock().unwrap();
        log.iter().filter(|(number, line)| *number == connection && line.starts_with(start)).count()
    }
}

fn new(settings: &config::Smtp) -> Result<Smtp, SendError> {
    Smtp::new(settings, &(Arc::new(SystemClock) as _))
}

fn settings(port: u16) -> config::Smtp {
    config::Smtp {
        host: "127.0.0.1".to_owned(),
        port,
        tls: Tls::None,
        ca_file: None,
        client_certificate: None,
        username: None,
        password: None,
        token: None,
        return_path: None,
        dkim: std::collections::BTreeMap::new(),
        hello: None,
        max_connections: 1,
        max_messages_per_connection: 100,
        per_domain: config::DomainLimits::default(),
        domains: std::collections::BTreeMap::new(),
        max_age: Duration::from_mins(1),
        max_idle: Duration::from_mins(1),
        connect_timeout: Duration::from_secs(10),
        command_timeout: Duration::from_secs(10),
        data_timeout: Duration::from_secs(10),
        after_doubt: AfterDoubt::Park,
        rate: None,
    }
}

fn email() -> Email {
    let mailbox = |address: &str| Mailbox { name: None, address: address.to_owned() };
    Email {
        id: DispatchId::from_stored("a-1".to_owned()),
        date: jiff::Timestamp::UNIX_EPOCH,
        from: mailbox("cars@volta.example"),
        reply_to: None,
        to: mailbox("anna@example.com"),
        subject: "Your car".to_owned(),
        html: "<p>Hello</p>".to_owned(),
        text: "Hello".to_owned(),
        inline: Vec::new(),
        locale: "en".to_owned(),
        feedback_id: "a:b".to_owned(),
        list_unsubscribe: None,
        test: false,
    }
}

#[tokio::test]
async fn pipelined_commands_do_not_wait_for_each_other() {
    let stage = Stage::set(|line| match line {
        line if line.starts_with("MAIL") || line.starts_with("RCPT") => "",
        "DATA" => "250 sender\r\n250 recipient\r\n354 go on\r\n",
        line => agreeable(line),
    })
    .await;
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    assert_eq!((stage.count(1, "MAIL"), stage.count(2, "MAIL")), (2, 0));
}

#[tokio::test]
async fn pipelining_halves_the_time_of_a_message_to_a_server_that_is_far_away() {
    let away = Duration::from_millis(40);
    let with = Stage::far(away, agreeable).await;
    let without =
        Stage::far(away, |line| if line.starts_with("EHLO") { "250 script\r\n" } else { agreeable(line) }).await;
    let mut took = [Duration::ZERO; 2];
    for (stage, took) in [with, without].iter().zip(&mut took) {
        stage.send().await.unwrap();
        let started = Instant::now();
        for _ in 0..10 {
            stage.send().await.unwrap();
        }
        *took = started.elapsed();
    }
    let [with, without] = took;
    let ratio = with.as_secs_f64() / without.as_secs_f64();
    println!(
        "10 messages, a round trip of {away:?}: {with:.0?} with PIPELINING, {without:.0?} without, ratio {ratio:.2}"
    );
    assert!(ratio < 0.8, "{with:?} with, {without:?} without");
}

#[tokio::test]
async fn a_pipelined_refusal_leaves_the_session_usable() {
    let stage = Stage::set(|line| match line {
        line if line.starts_with("RCPT") => "550 5.1.1 unknown\r\n",
        "DATA" => "554 5.5.1 no valid recipients\r\n",
        line => agreeable(line),
    })
    .await;
    for _ in 0..2 {
        assert!(matches!(stage.send().await, Err(SendError::AddressInvalid { .. })));
    }
    assert_eq!((stage.count(1, "RSET"), stage.count(2, "")), (2, 0));
}

#[tokio::test]
async fn a_server_that_wants_the_message_of_a_refused_recipient_is_left() {
    let stage = Stage::set(|line| match line {
        line if line.starts_with("RCPT") => "550 5.1.1 unknown\r\n",
        line => agreeable(line),
    })
    .await;
    for connection in 1..=2 {
        assert!(matches!(stage.send().await, Err(SendError::AddressInvalid { .. })));
        assert_eq!((stage.count(connection, "DATA"), stage.count(connection, ".")), (1, 0));
    }
}

#[tokio::test]
async fn without_354_no_message_is_sent() {
    let stage = Stage::set(|line| match line {
        "DATA" => "250 fine\r\n",
        line => agreeable(line),
    })
    .await;
    assert!(matches!(stage.send().await, Err(SendError::Unavailable { .. })));
    assert_eq!((stage.count(1, "."), stage.count(1, "RSET")), (0, 0));
}

#[tokio::test]
async fn nonsense_is_transient_before_the_final_dot_and_unknown_after_it() {
    let before = Stage::set(|line| match line {
        line if line.starts_with("MAIL") => "HTTP/1.1 400 Bad Request\r\n",
        line => agreeable(line),
    });
    assert!(matches!(before.await.send().await, Err(SendError::Unavailable { .. })));
    let after = Stage::set(|line| match line {
        "." => "250-fine\r\n550 not fine\r\n",
        line => agreeable(line),
    });
    assert!(matches!(after.await.send().await, Err(SendError::Unknown { .. })));
}

#[tokio::test]
async fn a_reply_too_many_never_answers_the_next_message() {
    let stage = Stage::set(|line| match line {
        "." => "250 fine\r\n250 and another\r\n",
        line => agreeable(line),
    })
    .await;
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    assert_eq!((stage.count(1, "MAIL"), stage.count(2, "MAIL")), (1, 1));
}

#[tokio::test]
async fn an_idle_session_that_ends_at_our_first_word_is_replaced_at_once() {
    let mails = AtomicUsize::new(0);
    let stage = Stage::set(move |line| match line {
        line if line.starts_with("MAIL") && mails.fetch_add(1, Ordering::Relaxed) == 1 => "421 idle for too long\r\n",
        line => agreeable(line),
    })
    .await;
    stage.send().await.unwrap();
    stage.send().await.unwrap();
    assert_eq!((stage.count(1, "."), stage.count(1, "MAIL"), stage.count(2, ".")), (1, 2, 1));
}

#[tokio::test]
async fn a_server_that_is_closing_is_transient_and_tried_once_only() {
    let stage = Stage::set(|line| if line.starts_with("MAIL") { "421 closing\r\n" } else { agreeable(line) }).await;
    assert!(matches!(stage.send().await, Err(SendError::Unavailable { .. })));
    assert_eq!((stage.count(1, "MAIL"), stage.count(2, "MAIL")), (1, 0));
}

#[tokio::test]
async fn our_name_is_the_address_unless_the_configuration_has_one() {
    let stage = Stage::set(agreeable).await;
    stage.send().await.unwrap();
    assert_eq!(stage.count(1, "EHLO [127.0.0.1]"), 1);
    for (hello, good) in [("mail.volta.example", true), ("[::1]", true), ("two words", false), ("a\r\nQUIT", false)] {
        let settings = config::Smtp { hello: Some(hello.to_owned()), ..settings(25) };
        assert_eq!(new(&settings).is_ok(), good, "{hello:?}");
    }
}

#[tokio::test]
async fn goodbye_is_said_to_idle_sessions() {
    let stage = Stage::set(agreeable).await;
    stage.send().await.unwrap();
    stage.smtp.close().await;
    assert_eq!(stage.count(1, "QUIT"), 1);
    assert!(stage.send().await.is_err());
}

#[tokio::test]
async fn the_longest_send_counts_the_forgetting_of_what_was_refused() {
    let stage = Stage::set(|line| match line {
        "." => "550 5.7.1 looks like spam\r\n",
        line => agreeable(line),
    })
    .await;
    assert!(matches!(stage.send().await, Err(SendError::Permanent { .. })));
    let said = ["MAIL", "RCPT", "DATA", ".", "RSET"].map(|command| stage.count(1, command));
    assert_eq!(said, [1; 5]);
    // AUTH in four steps; MAIL, RCPT, DATA and the message twice; RSET.
    let settings = config::Smtp { connect_timeout: Duration::ZERO, data_timeout: Duration::ZERO, ..settings(25) };
    assert_eq!(new(&settings).unwrap().longest_send(), settings.command_timeout * (4 + 2 * 4 + 1));
}
