use super::*;

const GOOD: &str = r#"
link = "reauthenticate"
qr = true
priority = "high"
grace = "10m"
cooldown = "30d"
expiry = "14d"

[[steps]]
channels = ["push", "email"]

[[steps]]
after = "3d"
channels = ["email"]
reach = "first"
"#;

fn read(text: &str) -> Result<Settings, Vec<(String, String)>> {
    let source = Arc::new(Source { path: "notice.toml".into(), text: text.to_owned() });
    let mut faults = Vec::new();
    let settings = parse(&source, News::Problem, &mut faults);
    let told = |fault: &Diagnostic| {
        let place = fault.place.as_ref().unwrap();
        (fault.message.clone(), text[place.span.clone()].to_owned())
    };
    settings.ok_or_else(|| faults.iter().map(told).collect())
}

#[test]
fn a_whole_notice_is_read() {
    let settings = read(GOOD).unwrap();
    assert_eq!((settings.link, settings.qr, settings.high_priority), (LinkKind::Reauthenticate, true, true));
    let rules = settings.rules;
    assert_eq!((rules.grace, rules.cooldown), (SignedDuration::from_mins(10), SignedDuration::from_hours(30 * 24)));
    assert_eq!(rules.steps[0].channels, [Channel::Push, Channel::Email]);
    assert_eq!((rules.steps[1].after, rules.steps[1].reach), (SignedDuration::from_hours(72), Reach::First));
}

#[test]
fn what_may_be_left_out_has_a_default() {
    let settings = read("cooldown = \"1d\"\nexpiry = \"1d\"\n[[steps]]\nchannels = [\"push\"]").unwrap();
    assert_eq!((settings.link, settings.qr, settings.high_priority), (LinkKind::None, false, false));
    assert_eq!(settings.rules.grace, SignedDuration::ZERO);
}

#[test]
fn every_fault_is_told_with_its_place() {
    let faults = read(
        "link = \"reauthentication\"\nqr = 1\ngrase = \"1m\"\nexpiry = \"soon\"\n\
         [[steps]]\nafter = \"-1h\"\nchannels = [\"sms\", \"push\", \"push\"]\n[[steps]]\nchannels = []",
    )
    .unwrap_err();
    let places: Vec<&str> = faults.iter().map(|(_, place)| place.as_str()).collect();
    for place in ["\"reauthentication\"", "1", "grase", "\"soon\"", "\"-1h\"", "\"sms\"", "\"push\"", "[]"] {
        assert!(places.contains(&place), "{place} in {faults:?}");
    }
    assert!(faults.iter().any(|(what, _)| what == "`cooldown` is missing"));
}

#[test]
fn a_policy_that_contradicts_itself_is_a_fault() {
    let table = [
        (GOOD.replace("14d", "3d"), "\"3d\"", "`expiry` must be later than `grace` and the last step"),
        (GOOD.replace("\"3d\"", "\"5m\""), "\"5m\"", "a step must come after the one before it, and after `grace`"),
        (GOOD.replace("reauthenticate", "none"), "true", "`qr` asks for a code of the link, but `link` is `none`"),
    ];
    for (text, place, what) in table {
        assert_eq!(read(&text).unwrap_err(), [(what.to_owned(), place.to_owned())]);
    }
    let bare = "cooldown = \"1d\"\nexpiry = \"1d\"";
    assert_eq!(read(bare).unwrap_err()[0].0, "`steps` is missing");
    assert_eq!(read("steps = []\ncooldown = \"1d\"\nexpiry = \"1d\"").unwrap_err()[0].0, "`steps` is missing");
}

#[test]
fn what_is_not_toml_is_told_and_nothing_else() {
    for text in ["link = ", "[[steps]\n", "\u{0}", "a = 1\na = 2"] {
        let faults = read(text).unwrap_err();
        assert!(faults[0].0.starts_with("not TOML"), "{faults:?}");
    }
}

#[test]
fn times_are_friendly_durations_of_at_most_a_year_or_so() {
    assert_eq!(duration("1d12h"), Some(SignedDuration::from_hours(36)));
    assert_eq!(duration("2w"), Some(SignedDuration::from_hours(14 * 24)));
    for text in ["", "3", "3 apples", "-3d", "1y", "1mo", "99999999d", "500d"] {
        assert_eq!(duration(text), None, "{text}");
    }
}
