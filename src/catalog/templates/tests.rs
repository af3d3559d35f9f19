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
        "{% for a in range(end=999) %}{% for b in range(end=999) %}xxxxxxxx{% endfor %}{% endfor %}",
    )]);
    assert_eq!(faults, []);
    let Unrendered(fault) = templates.render("a.txt", &context(&serde_json::json!({}))).unwrap_err();
    assert_eq!(fault.help.as_deref(), Some("the template writes more than 512 KiB"));
}

/// The only fault of a template: what, where, and what to do.
fn fault_of(files: &[(&str, &str)]) -> String {
    let source = |path: &str, text: &str| Arc::new(Source { path: path.into(), text: text.to_owned() });
    let files: Tree = files.iter().map(|(path, text)| ((*path).to_owned(), source(path, text))).collect();
    let mails: Vec<String> = files.keys().filter(|path| path.ends_with("email.mjml")).cloned().collect();
    let mut faults = Vec::new();
    Templates::load(&files, &mails, &mut faults);
    let told = faults.iter().map(|fault| {
        let place = fault.place.as_ref().map_or_else(String::new, |place| {
            let (line, column) = place.line_and_column();
            format!("{}:{line}:{column} `{}`", place.source.path.display(), &place.source.text[place.span.clone()])
        });
        format!("{} {place} {}; {}", fault.code.id, fault.message, fault.help.as_deref().unwrap_or_default())
    });
    told.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_loop_that_writes_nothing_is_refused_before_it_runs() {
    let nested = "{% for a in range(end=1000) %}".repeat(3) + &"{% endfor %}".repeat(3);
    let parts: Vec<(String, String)> = (0..40)
        .map(|part| (format!("{part}.txt"), format!("{{% include \"{}.txt\" %}}", part + 1).repeat(2)))
        .chain([("40.txt".to_owned(), String::new())])
        .collect();
    let parts: Vec<(&str, &str)> = parts.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    let table: [(&[(&str, &str)], &str); 6] = [
        (&[("a.txt", "x\n{% for i in range(end=100000000) %}{% endfor %}")], "a loop that is too long"),
        (&[("a.txt", "{% for i in range(end=9223372036854775807) %}{% endfor %}")], "a loop that is too long"),
        (&[("a.txt", &nested)], "loops in loops that take too long"),
        (
            &[("a.txt", "{% set a = \"x\" %}{% for i in range(end=99) %}{% set_global a = a ~ a %}{% endfor %}")],
            "`set_global` in a loop",
        ),
        (
            &[("a.txt", "{% component a() %}{{<a />}}{{<a />}}{% endcomponent %}{{<a />}}")],
            "it comes back to itself and does not end",
        ),
        (&parts, "loops in loops that take too long"),
    ];
    for (files, expected) in table {
        let told = fault_of(files);
        assert!(told.starts_with("template/endless") && told.contains(expected), "{expected}: {told}");
    }
    let told =
        fault_of(&[("a/b/email.mjml", &mail("<mj-raw>\n{% for i in range(end=100000000) %}{% endfor %}</mj-raw>"))]);
    assert!(told.starts_with("template/endless a/b/email.mjml:3:4 `for i in range(end=100000000)`"), "{told}");
}

#[test]
fn a_range_that_is_only_known_at_run_time_is_bounded_too() {
    let (templates, faults) =
        load(&[("a.txt", "{% for i in range(end=n) %}{% endfor %}{% for i in range(end=1000) %}.{% endfor %}")]);
    assert_eq!(faults, [("template: nobody knows `n`".to_owned(), "a.txt:1:n".to_owned())]);
    let rendered = templates.render("a.txt", &context(&serde_json::json!({"n": 3})));
    assert_eq!(rendered.unwrap().len(), 1000);
    let Unrendered(fault) = templates.render("a.txt", &context(&serde_json::json!({"n": 100_000}))).unwrap_err();
    assert!(fault.message.contains("`range` is longer than 1000 values"), "{}", fault.message);
}

#[test]
fn faults_are_told_where_a_person_made_them() {
    let include = mail("<mj-include path=\"layout/x.mjml\" />");
    let part = |text: &'static str| [("a/b/email.mjml", include.as_str()), ("layout/x.mjml", text)];
    let text = |text: &'static str| [("a/b/email.txt", text), ("layout/footer.txt", "")];
    let table = [
        (
            fault_of(&text("one\n{% if app %}\ntwo\n")),
            "template/syntax a/b/email.txt:2:1 `{% if app %}` template: this block is never closed; write `{% endif %}`",
        ),
        (fault_of(&text("one\n{{ text.a \ntwo\n")), "template/syntax a/b/email.txt:"),
        (
            fault_of(&text("é {{ text.a | uper }}")),
            "template/unknown-call a/b/email.txt:1:15 `uper` template: unknown filter `uper`; did you mean `upper`?",
        ),
        (
            fault_of(&text("{% if app is defind %}{% endif %}")),
            "template/unknown-call a/b/email.txt:1:14 `defind` template: unknown test `defind`; did you mean `defined`?",
        ),
        (
            fault_of(&text("{{ rnge(end=1) }}")),
            "template/unknown-call a/b/email.txt:1:4 `rnge` template: unknown function `rnge`; did you mean `range`?",
        ),
        (
            fault_of(&text("{% include \"layout/foter.txt\" %}")),
            "template/include a/b/email.txt:1:13 `layout/foter.txt` template: unknown template `layout/foter.txt`; did you mean `layout/footer.txt`?",
        ),
        (
            fault_of(&text("{{ app.nmae }}")),
            "template/unknown-name a/b/email.txt:1:8 `nmae` template: nobody knows `app.nmae`; did you mean `name`?",
        ),
        (
            fault_of(&text("{% if support.x %}{% endif %}")),
            "template/unknown-name a/b/email.txt:1:15 `x` template: nobody knows `support.x`; known are `url`, `display`",
        ),
        (
            fault_of(&text("{{ locale.x }}")),
            "template/unknown-name a/b/email.txt:1:11 `x` template: nobody knows `locale.x`; `locale` has no parts",
        ),
        (
            fault_of(&part("<mj-text>{{ link.ulr }}</mj-text>")),
            "template/unknown-name layout/x.mjml:1:18 `ulr` template: nobody knows `link.ulr`; did you mean `url`?",
        ),
        (
            fault_of(&part("<mj-text>\n{{ text.a | shout }}</mj-text>")),
            "template/unknown-call layout/x.mjml:2:13 `shout`",
        ),
        (
            fault_of(&part("<mj-raw>{% if qr %}\n</mj-raw>")),
            "template/syntax layout/x.mjml:1:9 `{% if qr %}` template: this block is never closed; write `{% endif %}`",
        ),
        (
            fault_of(&part("<mj-text>a < b</mj-text>")),
            "template/mjml layout/x.mjml:1:12 `<` MJML: this `<` begins no element",
        ),
        (
            fault_of(&part("<mj-text><b>a</mj-text>\n<mj-text>x")),
            "template/unclosed layout/x.mjml:1:10 `<b>` MJML: `<b>` is never closed",
        ),
        (
            fault_of(&part("<mj-text>a</mj-text>é<mj-body></mj-body>")),
            "template/mjml layout/x.mjml:1:23 `mj-body` MJML: this element does not belong here",
        ),
        (
            fault_of(&part("<mj-text>a</mj-text>\n<mj-include />")),
            "template/mjml layout/x.mjml:2:2 `mj-include` MJML: this element does not belong here; a part holds",
        ),
        (
            fault_of(&part("<mj-text>a</mj-text>\n<mj-include type='css' />")),
            "template/mjml layout/x.mjml:2:19 `css` MJML: only parts of MJML can be included; leave `type` out",
        ),
    ];
    for (told, expected) in table {
        assert!(told.starts_with(expected) && !told.contains('\n'), "expected {expected}\n     got {told}");
    }
}
