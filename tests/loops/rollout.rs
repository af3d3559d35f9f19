//! Content that is not the same everywhere: rolled out worker by worker, or broken by a release.

use std::collections::BTreeSet;
use std::sync::Arc;

use dashlight::clock::Clock as _;
use dashlight::event::{Context, ErrorKey, Properties, parse};
use dashlight::ledger::{Admission, Census, Ledger as _};
use dashlight::policy::{Pace, Target};

use super::support::{self, fakes::FakeTransport};
use super::{SignedDuration, Stage, event};

#[tokio::test]
async fn a_resolved_ends_also_what_only_another_workers_content_has_a_notice_for() {
    let mut stage = Stage::with(FakeTransport::answering([]));
    let of_billing = |state| event(1, "PERMISSION", state).replace("CONNECTED_SERVICES_ACCOUNT", "BILLING");
    let apps = BTreeSet::from(["chargeup".to_owned()]);
    let (arrived, properties) = (stage.clock.now(), Properties::default());
    let context = Context { properties: &properties, arrived, apps: &apps, max_bytes: 1 << 20 };
    let error = parse(of_billing("ERROR").as_bytes(), &context).errors.remove(0);
    // To the other worker, it is as worthy of a notice as any.
    let catalog = dashlight::app::catalog(&support::shipped_config()).unwrap();
    let rules = catalog.rules(&ErrorKey::new("CONNECTED_SERVICES_ACCOUNT", Some("PERMISSION"))).map(Arc::clone);
    let admission = Admission { error, rules, targets: vec![Target::Email], nights: None };
    stage.ledger.admit(vec![admission], arrived, Pace::Live, None).await.unwrap();
    let planned = stage.ledger.census().await.unwrap().planned;
    assert!(planned > 0);

    stage.clock.advance(SignedDuration::from_secs(1));
    stage.give(&[of_billing("RESOLVED")]);
    assert_eq!(stage.finished().await, (1, vec![]));
    assert_eq!(stage.stop().await, Census { cancelled: planned, ..Census::default() });
}
