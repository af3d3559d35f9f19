//! Templates: escaping, and faults told where they are.

use super::*;

fn load(files: &[(&str, &str)]) -> (Templates, Vec<(String, String)>) {
    let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.to_owned() });
    let files: Tree = files.iter().map(|(path, text)| ((*path).to_owned(), source(path, text))).collect();
    let mails: Vec<String> = files.keys().filter(|path| path.ends_with("email.mjml")).cloned().collect();
    let mut faults = Vec::new();
    let templates = Templates::load(&files, &mails, &mut faults);
    (templates, faults.into_iter().map(told).collect())
}

fn told(fault: Diagnostic) -> (String, String) {
    let place = fault.place.map(|place| {
        let line = place.source.text[..place.span.start].matches('\n').count() + 1;
        format!("{}:{line}:{}", place.source.path.display(), &place.source.text[place.span])
    });
    (fault.message, place.unwrap_or_default())
}

fn mail(part: &str) -> String {
    format!("<mjml><mj-body><mj-section><mj-column>\n{part}\n</mj-column></mj-section></mj-body></mjml>")
}

fn context(json: &serde_json::Value) -> Prepared {
    Prepared(Context::from_serialize(json).unwrap())
}

#[test]
fn html_is_escaped_and_text_is_not() {
    let (templates, faults) =
        load(&[("a/b/email.mjml", &mail("<mj-text>{{ app.name }}</mj-text>")), ("a/b/email.txt", "{{ app.name }}")]);
    assert_eq!(faults, []);
    let context = context(&serde_json::json!({"app": {"name": "Tom & Jerry <b>\"'"}}));
    assert!(templates.render("a/b/email.html", &context).unwrap().contains("Tom &amp; Jerry &lt;b&gt;&quot;&#"));
    assert_eq!(templates.render("a/b/email.txt", &context).unwrap(), "Tom & Jerry <b>\"'");
}

#[test]
fn what_a_template_and_its_parts_need_is_known() {
    let (templates, faults) = load(&[
        ("layout/head.mjml", "<mj-text>{{ common.reason }}</mj-text>"),
        ("layout/foot.txt", "{{ common.help }}"),
        ("a/b/email.mjml", &mail("<mj-include path=\"layout/head.mjml\" /><mj-text>{{ text.title }}</mj-text>")),
        ("a/b/email.txt", "{% for step in text.steps %}{{ step }}{% endfor %}{% include \"layout/foot.txt\" %}"),
    ]);
    assert_eq!(faults, []);
    let needs = |name: &str| {
        let needs = templates.needs(name, &Needs::default());
        needs.text.into_iter().chain(needs.common).collect::<Vec<_>>().join(" ")
    };
    assert_eq!((needs("a/b/email.html").as_str(), needs("a/b/email.txt").as_str()), ("title reason", "steps help"));
}

#[test]
fn every_syntax_fault_is_told_in_the_file_that_has_it() {
    let (_, faults) = load(&[
        ("layout/x.mjml", "<mj-text>fine</mj-text>\n<mj-text>{{ text.title | }}</mj-text>"),
        ("a/b/email.mjml", &mail("<mj-include path=\"layout/x.mjml\" />")),
        ("a/c/email.mjml", &mail("<mj-include path=\"layout/x.mjml\" />")),
        ("a/b/email.txt", "one\n{% if %}{% endif %}"),
    ]);
    let places: Vec<&str> = faults.iter().map(|(_, place)| place.split_at(place.rfind(':').unwrap()).0).collect();
    assert!(places.contains(&"layout/x.mjml:2") && places.contains(&"a/b/email.txt:2"), "{faults:?}");
    assert_eq!(faults.len(), 2, "{faults:?}");
}

#[test]
fn unknown_filters_and_includes_are_told_with_their_line() {
    let (_, faults) = load(&[
        ("a/b/email.mjml", &mail("<mj-text>{{ text.title | shout }}</mj-text>")),
        ("a/b/email.txt", "one\n{% include \"layout/none.txt\" %}"),
    ]);
    let places: Vec<&str> = faults.iter().map(|(_, place)| place.split_at(place.rfind(':').unwrap_or(0)).0).collect();
    assert_eq!(places, ["a/b/email.mjml:2", "a/b/email.txt:2"], "{faults:?}");
}

#[test]
fn a_name_that_nobody_knows_is_a_fault_even_where_it_would_be_false_silently() {
    let (_, faults) = load(&[("a/b/email.txt", "x\n{% if lnik %}y{% endif %}")]);
    assert_eq!(faults, [("template: nobody knows `lnik`".to_owned(), "a/b/email.txt:2:lnik".to_owned())]);
}

#[test]
fn a_missing_attribute_fails_at_its_place() {
    let (templates, faults) = load(&[("a/b/email.mjml", &mail("<mj-text>{{ text.nope }}</mj-text>"))]);
    assert_eq!(faults, []);
    let Unrendered(fault) = templates.render("a/b/email.html", &context(&serde_json::json!({"text": {}}))).unwrap_err();
    let (message, place) = told(*fault);
    assert!(place == "a/b/email.mjml:2:nope", "{message} {place}");
}

#[test]
fn a_template_without_end_is_stopped() {
    let (templates, faults) = load(&[(
        "a.txt",
        "{% for a in range(end=9999) %}{% for b in range(end=9999) %}xxxxxxxx{% endfor %}{% endfor %}",
    )]);
    assert_eq!(faults, []);
    let Unrendered(fault) = templates.render("a.txt", &context(&serde_json::json!({}))).unwrap_err();
    assert_eq!(fault.help.as_deref(), Some("the template writes more than 512 KiB"));
}
