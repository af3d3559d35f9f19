//! Migrations: made once, forward only, and what a worker does with a schema that is newer than itself.

use dashlight::ledger::Ledger;

use crate::postgres;
use crate::scene::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn workers_that_start_together_make_the_schema_once() {
    let Some(config) = postgres::config() else { return };
    let starting: Vec<_> = (0..8)
        .map(|_| {
            let config = config.clone();
            tokio::spawn(async move { open(&config).await.census().await.unwrap() })
        })
        .collect();
    for started in starting {
        assert_eq!(started.await.unwrap(), dashlight::ledger::Census::default());
    }
}

#[tokio::test]
async fn a_newer_schema_is_used_when_it_says_that_it_can_be_and_refused_when_not() {
    let Some(config) = postgres::config() else { return };
    drop(open(&config).await);
    let add = |number, oldest| {
        let schema = &config.schema;
        format!("INSERT INTO {schema}.migrations VALUES ({number}, {oldest}, now())")
    };
    administrate(&add(98, 1)).await;
    open(&config).await.census().await.expect("it can be used");
    administrate(&add(99, 99)).await;
    insta::assert_snapshot!(refusal(&config).await, @"the ledger was brought to schema 99 by a newer Dashlight and needs workers that know 99; this one knows 7: update this one");
}

#[tokio::test]
async fn a_schema_that_the_administrator_made_needs_no_right_to_make_one() {
    let Some(config) = postgres::config() else { return };
    let (user, schema) = (format!("user_{}", config.schema), &config.schema);
    let as_user = by(&config, |url| url.set_username(&user).unwrap());
    administrate(&format!(
        "CREATE ROLE {user} LOGIN PASSWORD 'hunter2'; GRANT CONNECT ON DATABASE dashlight TO {user}"
    ))
    .await;
    insta::assert_snapshot!(refusal(&as_user).await, @"the ledger `127.0.0.1:PORT/dashlight` cannot be used: permission denied for database dashlight; the user needs CREATE on the database, or a schema of its own (`CREATE SCHEMA dashlight AUTHORIZATION …`)");
    administrate(&format!("CREATE SCHEMA {schema} AUTHORIZATION {user}")).await;
    open(&as_user).await.census().await.expect("it may");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_fails_alone() {
    use dashlight::policy::Pace;
    let Some(config) = postgres::config() else { return };
    let ledger = open(&config).await;
    let batch = ["payload", "target", "whole"].map(|owner| admission(owner, now(), secs(0)));
    ledger.admit(batch.to_vec(), now(), Pace::Live, None).await.unwrap();
    let schema = &config.schema;
    administrate(&format!(
        "UPDATE {schema}.incidents SET payload = '{{}}' WHERE recipient = 'payload';
         UPDATE {schema}.dispatches SET target = '' WHERE incident = \
             (SELECT id FROM {schema}.incidents WHERE recipient = 'target')"
    ))
    .await;
    let claimed = claim(&ledger, now(), &worker("w", secs(60))).await;
    assert_eq!(claimed.iter().map(|dispatch| &*dispatch.error.recipient.id).collect::<Vec<_>>(), ["whole"]);
    assert_eq!(ledger.census().await.unwrap().failed, 2);
}
