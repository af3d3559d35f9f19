//! The server as an operator's night knows it: refused, gone, restarted, silent, full, read-only; and the way to it.

use std::time::Duration;

use dashlight::ledger::{Ledger, LedgerError, PostgresLedger, Timekeeper};
use dashlight::policy::Pace;
use tokio::time::timeout;

use crate::postgres;
use crate::relay::{Mode, Relay};
use crate::scene::*;

const PATIENCE: Duration = Duration::from_mins(3);

#[tokio::test]
async fn a_user_or_a_database_that_is_not_known_is_refused_with_what_to_do() {
    let Some(config) = postgres::config() else { return };
    let wrong_password = by(&config, |url| url.set_password(Some("wrong")).unwrap());
    insta::assert_snapshot!(refusal(&wrong_password).await, @r#"the ledger `127.0.0.1:PORT/dashlight` cannot be used: password authentication failed for user "dashlight"; look at user and password in `ledger.url`, and at pg_hba.conf"#);
    let no_database = by(&config, |url| url.set_path("/nowhere"));
    insta::assert_snapshot!(refusal(&no_database).await, @r#"the ledger `127.0.0.1:PORT/nowhere` cannot be used: database "nowhere" does not exist; create the database, or name another in `ledger.url`"#);
}

#[tokio::test]
async fn a_server_that_refuses_is_waited_for() {
    let Some(config) = postgres::config() else { return };
    let relay = Relay::start(address(&config), Mode::Refuse).await;
    let through = by(&config, |url| url.set_port(Some(relay.port())).unwrap());
    let refused = outage(&through, PostgresLedger::open(&through, Timekeeper::Server).await);
    assert!(refused.starts_with("`127.0.0.1:PORT/dashlight`: error connecting to server: Connection re"), "{refused}");
    assert!(refused.ends_with("; look after the server and the way to it"), "{refused}");
    relay.set(Mode::Forward);
    let ledger = loop {
        if let Ok(ledger) = PostgresLedger::open(&through, Timekeeper::Server).await {
            break ledger;
        }
        tokio::task::yield_now().await;
    };
    ledger.census().await.unwrap();
    relay.cut();
    let mut outages = 0;
    while let Err(fault) = ledger.census().await {
        assert!(matches!(fault, LedgerError::Unavailable(_)), "{fault}");
        outages += 1;
    }
    assert!(outages <= 2, "{outages} calls failed after one cut");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_noticed_and_no_connection_of_it_is_used_again() {
    let Some(config) = postgres::config() else { return };
    let relay = Relay::start(address(&config), Mode::Forward).await;
    let mut through = by(&config, |url| url.set_port(Some(relay.port())).unwrap());
    (through.connect_timeout, through.request_timeout) = (Duration::from_secs(10), Duration::from_secs(2));
    let ledger = open(&through).await;
    ledger.census().await.unwrap();
    relay.set(Mode::BlackHole);
    let silent = timeout(PATIENCE, ledger.census()).await.expect("not for ever");
    insta::assert_snapshot!(outage(&through, silent), @"`127.0.0.1:PORT/dashlight`: no answer within 4s; look after the server");
    relay.cut();
    relay.set(Mode::Forward);
    ledger.census().await.expect("it goes on over a new connection");
}

#[tokio::test]
async fn an_administrator_who_ends_the_connections_is_told_and_waited_for() {
    let Some(config) = postgres::config() else { return };
    let name = format!("dashlight {}", config.schema);
    let named = by(&config, |url| {
        url.query_pairs_mut().append_pair("application_name", &name);
    });
    let ledger = open(&named).await;
    administrate(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{name}'"))
        .await;
    // The driver may have heard of it already; then the next call dials anew and nobody notices.
    if let Err(fault) = ledger.census().await {
        assert!(matches!(&fault, LedgerError::Unavailable(reason) if reason.contains("administrator")), "{fault}");
    }
    ledger.census().await.expect("it goes on");
}

#[tokio::test]
async fn a_server_that_takes_no_writes_is_waited_for() {
    let Some(config) = postgres::config() else { return };
    let ledger = open(&config).await;
    let user = format!("user_{}", config.schema);
    let schema = &config.schema;
    administrate(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'hunter2'; GRANT CONNECT ON DATABASE dashlight TO {user};
         ALTER ROLE {user} SET default_transaction_read_only = on;
         GRANT USAGE ON SCHEMA {schema} TO {user}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}"
    ))
    .await;
    // A standby that was not promoted yet answers the same way.
    let as_user = by(&config, |url| url.set_username(&user).unwrap());
    let refused = outage(&as_user, PostgresLedger::open(&as_user, Timekeeper::Server).await);
    insta::assert_snapshot!(refused, @"`127.0.0.1:PORT/dashlight`: it takes no writes; a failover is going on, or somebody made it read-only; name all servers in `ledger.url`");
    administrate(&format!("ALTER ROLE {user} RESET default_transaction_read_only")).await;
    open(&as_user).await.admit(vec![admission("o", now(), secs(0))], now(), Pace::Live, None).await.unwrap();
    assert_eq!(ledger.census().await.unwrap().planned, 1);
}

#[tokio::test]
async fn too_many_connections_are_waited_for_with_a_word() {
    let Some(config) = postgres::config() else { return };
    drop(open(&config).await);
    let (user, schema) = (format!("user_{}", config.schema), &config.schema);
    administrate(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'hunter2' CONNECTION LIMIT 1; GRANT CONNECT ON DATABASE dashlight TO {user};
         GRANT USAGE ON SCHEMA {schema} TO {user}; GRANT ALL ON ALL TABLES IN SCHEMA {schema} TO {user}"
    ))
    .await;
    let as_user = by(&config, |url| url.set_username(&user).unwrap());
    let first = open(&as_user).await;
    let refused = outage(&as_user, PostgresLedger::open(&as_user, Timekeeper::Server).await);
    insta::assert_snapshot!(refused, @r#"`127.0.0.1:PORT/dashlight`: too many connections for role "user_SCHEMA"; raise its `max_connections`, or lower `ledger.pool_size` or the number of workers"#);
    first.close().await.unwrap();
    // The server takes a moment to see that it has gone.
    while PostgresLedger::open(&as_user, Timekeeper::Server).await.is_err() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_never_has_more_connections_than_its_pool() {
    let Some(config) = postgres::config() else { return };
    drop(open(&config).await);
    let relay = Relay::start(address(&config), Mode::Forward).await;
    let mut through = by(&config, |url| url.set_port(Some(relay.port())).unwrap());
    through.pool_size = 2;
    let ledger = std::sync::Arc::new(open(&through).await);
    let asking: Vec<_> = (0..40)
        .map(|_| {
            let ledger = std::sync::Arc::clone(&ledger);
            tokio::spawn(async move { ledger.census().await.unwrap() })
        })
        .collect();
    for asked in asking {
        asked.await.unwrap();
    }
    assert!(relay.accepted() <= 2, "{} connections", relay.accepted());
}

#[tokio::test]
async fn the_way_to_the_server_is_as_safe_as_the_url_says() {
    let Some(config) = postgres::config() else { return };
    let ca = postgres::peer::named("DASHLIGHT_TEST_POSTGRES_CA").unwrap();
    let way = |host: &str, sslmode: &str, ca_file: Option<&str>| {
        let mut config = by(&config, |url| {
            url.set_host(Some(host)).unwrap();
            url.set_query(Some(&format!("sslmode={sslmode}")));
        });
        config.ca_file = ca_file.map(Into::into);
        config
    };
    let encrypted = async |config| {
        let ledger = open(&config).await;
        ledger.census().await.unwrap();
        let schema = &config.schema;
        // The administrator's view of the worker's connection.
        let url = postgres::peer::named("DASHLIGHT_TEST_POSTGRES_ADMIN").unwrap();
        let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
        let running = tokio::spawn(connection);
        let sql = "SELECT bool_and(s.ssl) FROM pg_stat_ssl AS s JOIN pg_stat_activity AS a USING (pid) \
                   WHERE a.application_name = $1";
        let row = client.query_one(sql, &[&schema]).await.unwrap();
        drop(client);
        running.await.unwrap().unwrap();
        row.get::<_, bool>(0)
    };
    let named = |mut config: dashlight::config::Postgres| {
        let url = format!("{}&application_name={}", config.url.expose(), config.schema);
        config.url = dashlight::config::Secret::new(url);
        config
    };
    assert!(encrypted(named(way("localhost", "verify-full", Some(&ca)))).await);
    assert!(encrypted(named(way("127.0.0.1", "require", None))).await);
    assert!(encrypted(named(way("127.0.0.1", "prefer", None))).await);
    assert!(!encrypted(named(way("127.0.0.1", "disable", None))).await);
    insta::assert_snapshot!(refusal(&way("localhost", "verify-full", None)).await, @"the ledger `localhost:PORT/dashlight` cannot be used: its certificate is not trusted: UnknownIssuer; set `ledger.ca_file` if its authority is your own, and name the server in `ledger.url` as its certificate does");
    insta::assert_snapshot!(refusal(&way("127.0.0.1", "verify-full", Some(&ca))).await, @r#"the ledger `127.0.0.1:PORT/dashlight` cannot be used: its certificate is not trusted: certificate not valid for name "127.0.0.1"; certificate is only valid for DnsName("localhost"); set `ledger.ca_file` if its authority is your own, and name the server in `ledger.url` as its certificate does"#);
}
