//! Connections that are lost around a commit: nobody knows whether it was made, and nothing may depend on it.

use dashlight::config;
use dashlight::ledger::{Ledger, PostgresLedger, Settlement};
use dashlight::policy::{Channel, Decision, Pace};

use crate::postgres;
use crate::scene::*;
use crate::trap::{Cut, Trap};

/// A worker behind a trap.
async fn scene() -> Option<(config::Postgres, Trap, PostgresLedger)> {
    let direct = postgres::config()?;
    let trap = Trap::start(address(&direct)).await;
    let config = by(&direct, |url| url.set_port(Some(trap.port)).unwrap());
    let ledger = open(&config).await;
    Some((direct, trap, ledger))
}

#[tokio::test]
async fn an_admission_whose_commit_was_made_and_not_heard_of_is_admitted_once_and_sent_at_once() {
    let Some((config, trap, ledger)) = scene().await else { return };
    let (claimant, happened) = (worker("w", secs(600)), now());
    let admit = || ledger.admit(vec![admission("o", happened, secs(0))], now(), Pace::Live, Some(&claimant));
    trap.arm(b"COMMIT", Cut::After);
    outage(&config, admit().await);
    assert!(trap.has_sprung());
    // It was made: the events may be acknowledged, or come again, and nothing is lost or doubled.
    let again = admit().await.unwrap();
    assert_eq!((&again.verdicts[0].decision, again.claimed.len()), (&Decision::Repeat, 0));
    // The claim in it was nobody's. Nothing was sent under it, so nothing is in doubt, and its lease is not waited for.
    let mine = claim(&ledger, now(), &claimant).await;
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].attempt, mine[0].doubtful), (1, false));
}

#[tokio::test]
async fn an_admission_whose_commit_was_not_made_is_made_by_the_next_try() {
    let Some((config, trap, ledger)) = scene().await else { return };
    let (claimant, happened) = (worker("w", secs(600)), now());
    let admit = || ledger.admit(vec![admission("o", happened, secs(0))], now(), Pace::Live, Some(&claimant));
    trap.arm(b"COMMIT", Cut::Before);
    outage(&config, admit().await);
    let census = open(&config).await.census().await.unwrap();
    assert_eq!(census, dashlight::ledger::Census::default(), "all of a batch or nothing");
    let again = admit().await.unwrap();
    assert!(matches!(again.verdicts[0].decision, Decision::Open { .. }));
    assert_eq!(again.claimed.len(), 1);
}

#[tokio::test]
async fn a_claim_that_was_made_and_not_heard_of_is_made_anew_without_a_doubt() {
    let Some((config, trap, ledger)) = scene().await else { return };
    ledger.admit(vec![admission("o", now(), secs(0))], now(), Pace::Live, None).await.unwrap();
    let claimant = worker("deaf", secs(600));
    trap.arm(b"deaf/", Cut::After);
    outage(&config, ledger.claim(Channel::Email, now(), 10, &claimant).await);
    assert_eq!(open(&config).await.census().await.unwrap().sending, 1, "it was made");
    let mine = claim(&ledger, now(), &claimant).await;
    assert_eq!(mine.len(), 1);
    assert_eq!((mine[0].attempt, mine[0].doubtful), (1, false));
}

#[tokio::test]
async fn a_claim_whose_caller_has_gone_in_the_middle_is_given_back() {
    let Some((_, trap, ledger)) = scene().await else { return };
    let claimant = worker("gone", secs(600));
    trap.arm(b"COMMIT", Cut::After);
    {
        let batch = vec![admission("o", now(), secs(0))];
        let admitting = ledger.admit(batch, now(), Pace::Live, Some(&claimant));
        tokio::pin!(admitting);
        while !trap.has_sprung() {
            tokio::select! {
                biased;
                _ = &mut admitting => break,
                () = tokio::task::yield_now() => {}
            }
        }
    }
    // The server may still be at it: until that is over, each claim gives back what is there.
    let claimed = loop {
        if let Some(dispatch) = claim(&ledger, now(), &claimant).await.pop() {
            break dispatch;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!((claimed.attempt, claimed.doubtful), (1, false));
}

#[tokio::test]
async fn a_settlement_is_recorded_whether_its_commit_was_heard_of_or_not() {
    for cut in [Cut::Before, Cut::After] {
        let Some((config, trap, ledger)) = scene().await else { return };
        let batch = vec![admission("o", now(), secs(0))];
        let claimed = ledger.admit(batch, now(), Pace::Live, Some(&worker("w", secs(600)))).await.unwrap().claimed;
        let settle = || {
            let (id, token) = (claimed[0].id.clone(), claimed[0].token);
            ledger.settle(vec![Settlement { id, token, end: sent("queued as cut-here") }], now())
        };
        trap.arm(b"cut-here", cut);
        outage(&config, settle().await);
        assert!(trap.has_sprung());
        let census = open(&config).await.census().await.unwrap();
        assert_eq!(census.sent, u64::from(cut == Cut::After));
        assert_eq!(settle().await.unwrap(), [true], "{cut:?}");
        let census = ledger.census().await.unwrap();
        assert_eq!((census.sent, census.sending), (1, 0));
    }
}
