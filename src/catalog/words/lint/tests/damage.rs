//! Whatever happens to a file: it is read to its end, and what is found lies in it.

use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::catalog::words::Words;

/// What a slip of the hand or of a program does to a file.
#[derive(Debug, Clone)]
enum Slip {
    Cut(Index, Index),
    Double(Index, Index),
    Swap(Index, Index),
    Insert(Index, &'static str),
}

const ODD: [&str; 32] = [
    "{",
    "}",
    "{ ",
    " }",
    "\"",
    "\\",
    "\\u12é",
    "\\U00é",
    "\n",
    "\n\n",
    "\r",
    " ",
    "\t",
    ".",
    " .a = ",
    "[",
    "]",
    "*",
    "*[no]",
    "->",
    "=",
    "#",
    "# ",
    "-",
    "$",
    "{ $car }",
    "{ car }",
    "{ -t(a: \"é\") }",
    "“",
    "\u{202f}",
    "\u{200d}",
    "𝓓",
];

fn slips() -> impl Strategy<Value = Vec<Slip>> {
    let index = any::<Index>;
    let slip = prop_oneof![
        (index(), index()).prop_map(|(a, b)| Slip::Cut(a, b)),
        (index(), index()).prop_map(|(a, b)| Slip::Double(a, b)),
        (index(), index()).prop_map(|(a, b)| Slip::Swap(a, b)),
        (index(), select(&ODD[..])).prop_map(|(a, odd)| Slip::Insert(a, odd)),
    ];
    proptest::collection::vec(slip, 1..6)
}

fn damaged(text: &str, slips: &[Slip]) -> String {
    let mut text = text.to_owned();
    for slip in slips {
        let at = |index: &Index| text.floor_char_boundary(index.index(text.len() + 1));
        let part = |a, b| at(a).min(at(b))..at(a).max(at(b)).min(text.floor_char_boundary(at(a).min(at(b)) + 300));
        match slip {
            Slip::Cut(a, b) => text.replace_range(part(a, b), ""),
            Slip::Double(a, b) => {
                let copy = text[part(a, b)].to_owned();
                let to = at(a);
                text.insert_str(to, &copy);
            }
            Slip::Swap(a, b) => {
                let cut = text[part(a, b)].to_owned();
                let to = at(b);
                text.insert_str(to, &cut);
            }
            Slip::Insert(a, odd) => text.insert_str(at(a), odd),
        }
    }
    text
}

fn all_lie_within(files: &Tree) -> Result<(), TestCaseError> {
    let mut findings = Vec::new();
    Words::load(files, &mut findings);
    lint(files, &mut findings);
    for finding in &findings {
        let Some(place) = &finding.place else { continue };
        let text = &place.source.text;
        prop_assert!(
            text.get(place.span.clone()).is_some(),
            "{:?} of {} bytes: {}",
            place.span,
            text.len(),
            finding.message
        );
    }
    prop_assert!(!Diagnostics(findings).render(false).contains('\0'));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_damage_to_a_file_is_more_than_a_finding(slips in slips(), german in any::<bool>()) {
        let shipped = shipped();
        let files = ["en/common.ftl", "en/connected-services-account.ftl", "de/common.ftl", "de/connected-services-account.ftl"];
        let hit = files[usize::from(german) * 2 + 1];
        let texts: Vec<(&str, String)> = files
            .iter()
            .map(|path| (*path, if *path == hit { damaged(&shipped[*path].text, &slips) } else { shipped[*path].text.clone() }))
            .collect();
        let texts: Vec<(&str, &str)> = texts.iter().map(|(path, text)| (*path, text.as_str())).collect();
        all_lie_within(&tree(&texts))?;
    }

    #[test]
    fn any_text_at_all_is_read_to_its_end(text in "([a-c]|[-.=#$*\"\\\\{}() \n]|\\[|\\]|->|é|!|\\?|:|“|\u{202f}){0,60}") {
        all_lie_within(&tree(&[("en/common.ftl", &text), ("fr/common.ftl", &text)]))?;
    }
}

#[test]
fn what_would_break_the_parser_is_a_finding() {
    let deep = ["{ A(\n", "{ A(", "{\n", "{ $a ->\n *[b] "].map(|part| format!("a = {}", part.repeat(20_000)));
    let cut = ["a = { \"\\u12é\" }\n", "a = { \"\\U0001fé\" }\n", "a = { \"\\u"].map(str::to_owned);
    for text in deep.iter().chain(&cut) {
        let mut findings = Vec::new();
        Words::load(&tree(&[("en/common.ftl", text)]), &mut findings);
        assert!(!findings.is_empty(), "{}", &text[..text.len().min(20)]);
        all_lie_within(&tree(&[("en/common.ftl", text)])).unwrap();
    }
}

#[test]
fn a_chain_of_messages_may_be_longer_than_the_stack_is_deep() {
    let chain = (0..40_000).map(|step| format!("m{step} = {{ m{} }}\n", step + 1)).collect::<Vec<_>>().concat();
    let found = found(&[("en/common.ftl", &chain)]);
    assert_eq!(found, ["en/common.ftl:40000:12 [m40000] reference: there is no message `m40000`"]);
}

#[test]
fn a_file_of_nothing_but_faults_is_told_in_a_few_words() {
    for fault in ["\"", "!", "<b>", "{ x }", "  a"] {
        let text = format!("a = {}\n", fault.repeat(150_000));
        let told = found(&[("en/common.ftl", &text)]);
        assert!(told.len() < 300, "{fault}: {}", told.len());
        let more = told.iter().position(|told| told.ends_with(" more like those above"));
        assert!(more.is_some_and(|at| told[at].starts_with("en/common.ftl:1:")), "{fault}: {:?}", told.last());
    }
}
