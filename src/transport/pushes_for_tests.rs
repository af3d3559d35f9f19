//! Pushes for the unit tests of what carries them.

use proptest::prelude::*;

use crate::ledger::DispatchId;
use crate::message::{About, Device, Push};

pub(super) fn push_to(device: Device) -> Push {
    Push {
        id: DispatchId::from_stored("00000000-0000-8000-8000-000000000007".into()),
        device,
        title: "Reconnect your Kia".into(),
        body: "ChargeUp can no longer reach your Kia EV6. It takes a minute.".into(),
        link: Some("https://chargeup.example/fix?car=1".into()),
        collapse_key: "kia".into(),
        expires_at: "2026-12-01T00:00:00Z".parse().expect("a time"),
        high_priority: true,
        locale: "en".into(),
        about: About {
            resolved: false,
            kind: "CONNECTED_SERVICES_ACCOUNT".into(),
            code: Some("AUTHENTICATION_FAILED".into()),
            vehicle: Some("36ab27d0-fd9d-4455-823a-ce30af709ffc".into()),
        },
    }
}

/// Words and ids of any length in any script, with all that JSON escapes.
pub(super) fn any_push(device: Device) -> impl Strategy<Value = Push> {
    let text = || prop_oneof!["\\PC{0,600}", ".{0,2000}", r#"["\\\n\x00-\x1f👍é]{0,1500}"#];
    (text(), text(), proptest::option::of(text()), [".{0,300}", ".{0,300}", ".{0,300}", ".{0,300}"]).prop_map(
        move |(title, body, link, [collapse_key, kind, code, vehicle])| Push {
            title,
            body,
            link,
            collapse_key,
            about: About { kind, code: Some(code), vehicle: Some(vehicle), resolved: false },
            ..push_to(device.clone())
        },
    )
}
