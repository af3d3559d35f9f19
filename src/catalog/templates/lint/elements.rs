//! Elements and attributes that are none: the compiler passes on what it does not know, and mail programs ignore it.

use crate::catalog::markup::{Attribute, Kind, Tag};
use crate::diagnostic::{Diagnostic, codes, nearest};

use super::Page;

/// The elements of MJML with their attributes (documentation.mjml.io), `*` standing for the four sides of what is before it.
const ELEMENTS: &[(&str, &str)] = &[
    ("mjml", "lang dir owa"),
    ("mj-head", ""),
    ("mj-body", "background-color id width"),
    ("mj-include", "path type"),
    ("mj-raw", "position"),
    ("mj-title", ""),
    ("mj-preview", ""),
    ("mj-style", "inline"),
    ("mj-breakpoint", "width"),
    ("mj-font", "name href"),
    ("mj-attributes", ""),
    ("mj-section", SECTION),
    ("mj-wrapper", SECTION),
    (
        "mj-column",
        "background-color border* border-radius direction inner-background-color inner-border* inner-border-radius padding* \
         vertical-align width",
    ),
    ("mj-group", "background-color direction vertical-align width"),
    (
        "mj-text",
        "align color container-background-color font-family font-size font-style font-weight height letter-spacing line-height \
         padding* text-decoration text-transform vertical-align",
    ),
    (
        "mj-button",
        "align background-color border* border-radius color container-background-color font-family font-size font-style \
         font-weight height href inner-padding* letter-spacing line-height name padding* rel target text-align text-decoration \
         text-transform title vertical-align width",
    ),
    (
        "mj-image",
        "align alt border* border-radius container-background-color fluid-on-mobile font-size full-width height href max-height \
         name padding* rel sizes src srcset target title usemap width",
    ),
    ("mj-spacer", "container-background-color height padding*"),
    ("mj-divider", "align border-color border-style border-width container-background-color padding* width"),
    (
        "mj-table",
        "align border cellpadding cellspacing color container-background-color font-family font-size font-style font-weight \
         line-height padding* role table-layout vertical-align width",
    ),
    (
        "mj-hero",
        "align background-color background-height background-position background-url background-width border-radius \
         container-background-color height inner-background-color inner-padding* mode padding* vertical-align width",
    ),
    (
        "mj-navbar",
        "align base-url hamburger ico-align ico-close ico-color ico-font-family ico-font-size ico-line-height ico-open ico-padding* \
         ico-text-decoration ico-text-transform padding*",
    ),
    (
        "mj-navbar-link",
        "color font-family font-size font-style font-weight href letter-spacing line-height name padding* rel target \
         text-decoration text-transform",
    ),
    (
        "mj-social",
        "align border-radius color container-background-color font-family font-size font-style font-weight icon-height \
         icon-padding* icon-size inner-padding* line-height mode padding* table-layout text-decoration text-padding* vertical-align",
    ),
    (
        "mj-social-element",
        "align alt background-color border-radius color font-family font-size font-style font-weight href icon-height \
         icon-padding* icon-position icon-size line-height name padding* rel sizes src srcset target text-decoration text-padding* \
         title vertical-align",
    ),
    (
        "mj-accordion",
        "border container-background-color font-family padding* icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width icon-wrapped-alt icon-wrapped-url",
    ),
    (
        "mj-accordion-element",
        "background-color border font-family icon-align icon-height icon-position icon-unwrapped-alt icon-unwrapped-url icon-width \
         icon-wrapped-alt icon-wrapped-url",
    ),
    ("mj-accordion-title", "background-color color font-family font-size font-weight padding*"),
    (
        "mj-accordion-text",
        "background-color color font-family font-size font-weight letter-spacing line-height padding*",
    ),
    (
        "mj-carousel",
        "align border-radius container-background-color icon-width left-icon padding* right-icon tb-border tb-border-radius \
         tb-hover-border-color tb-selected-border-color tb-width thumbnails",
    ),
    ("mj-carousel-image", "alt border-radius href rel src target thumbnails-src title"),
];
const SECTION: &str = "background-color background-position background-position-x background-position-y background-repeat \
                       background-size background-url border* border-radius direction full-width gap padding* text-align \
                       text-padding*";
/// Every element may have these.
const EVERYWHERE: [&str; 2] = ["css-class", "mj-class"];
/// These stand for all elements.
const FOR_ALL: [&str; 2] = ["mj-all", "mj-class"];
/// The elements of HTML that mails are made of.
const HTML: &[&str] = &[
    "a",
    "abbr",
    "address",
    "article",
    "aside",
    "b",
    "bdi",
    "bdo",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "link",
    "main",
    "map",
    "area",
    "mark",
    "meta",
    "nav",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "u",
    "ul",
    "var",
    "wbr",
];
/// What is told for what it does, not for its name (`links.rs`).
const ACTIVE: &[&str] = &[
    "script", "form", "input", "button", "select", "option", "textarea", "label", "iframe", "frame", "frameset",
    "object", "embed", "applet", "video", "audio", "svg", "canvas", "base", "noscript", "template", "dialog",
];

/// The names that `<mj-class name="…">` gives, anywhere.
pub(super) fn classes(pages: &[Page<'_>]) -> Vec<String> {
    let mut classes = Vec::new();
    for page in pages {
        for tag in page.tags().filter(|tag| tag.name == "mj-class") {
            classes.extend(tag.attribute("name").map(|name| page.value(name).to_owned()));
        }
    }
    classes
}

pub(super) fn look(page: &Page<'_>, classes: &[String], findings: &mut Vec<Diagnostic>) {
    for tag in page.tags().filter(|tag| tag.kind != Kind::Close) {
        if tag.name.starts_with("mj") {
            mjml(page, &tag, findings);
            class(page, &tag, classes, findings);
        } else if !tag.name.contains(':') && !HTML.iter().chain(ACTIVE).any(|known| tag.is(known)) {
            unknown_element(page, &tag, HTML.iter().copied(), "HTML", findings);
        }
    }
}

/// A class that nobody defines does nothing.
fn class(page: &Page<'_>, tag: &Tag<'_>, classes: &[String], findings: &mut Vec<Diagnostic>) {
    let Some(attribute) = tag.attribute("mj-class") else { return };
    for name in page.value(attribute).split_whitespace().filter(|name| !name.contains(['{', '}'])) {
        if !classes.iter().any(|class| class == name) {
            let known = classes.iter().map(String::as_str);
            let help = match nearest(name, known, str::to_owned) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("define it in `<mj-attributes>`: `<mj-class name=\"{name}\" … />`"),
            };
            let span = attribute.value.clone().unwrap_or_else(|| attribute.span.clone());
            let what = format!("template: no `<mj-class>` is named `{name}`");
            findings.push(Diagnostic::new(&codes::template::UNKNOWN_CLASS, what).at(page.source, span).help(help));
        }
    }
}

fn mjml(page: &Page<'_>, tag: &Tag<'_>, findings: &mut Vec<Diagnostic>) {
    if FOR_ALL.contains(&tag.name) {
        for attribute in &tag.attributes {
            let known: Vec<String> = ELEMENTS.iter().flat_map(|(_, attributes)| spelt_out(attributes)).collect();
            if !(tag.name == "mj-class" && attribute.name == "name") {
                unknown_attribute(page, tag, attribute, &known, findings);
            }
        }
        return;
    }
    match ELEMENTS.iter().find(|(name, _)| *name == tag.name) {
        None => unknown_element(page, tag, ELEMENTS.iter().map(|(name, _)| *name), "MJML", findings),
        Some((_, attributes)) => {
            let known: Vec<String> = spelt_out(attributes).collect();
            for attribute in &tag.attributes {
                unknown_attribute(page, tag, attribute, &known, findings);
            }
        }
    }
}

fn unknown_element<'k>(
    page: &Page<'_>,
    tag: &Tag<'_>,
    known: impl Iterator<Item = &'k str>,
    language: &str,
    findings: &mut Vec<Diagnostic>,
) {
    let help = nearest(tag.name, known, str::to_owned).map(|near| format!("did you mean `<{near}>`?"));
    let what = format!("template: `<{}>` is no element of {language}", tag.name);
    let finding = Diagnostic::new(&codes::template::UNKNOWN_ELEMENT, what).at(page.source, tag.name_span());
    findings.push(Diagnostic { help, ..finding });
}

fn unknown_attribute(
    page: &Page<'_>,
    tag: &Tag<'_>,
    attribute: &Attribute<'_>,
    known: &[String],
    findings: &mut Vec<Diagnostic>,
) {
    let name = attribute.name;
    if known.iter().any(|known| known == name) || EVERYWHERE.contains(&name) {
        return;
    }
    let names = known.iter().map(String::as_str).chain(EVERYWHERE);
    let help = match nearest(name, names, str::to_owned) {
        Some(near) => format!("did you mean `{near}`?"),
        None if known.is_empty() => format!("`<{}>` has no attributes", tag.name),
        None => format!("known are {}", known.join(", ")),
    };
    let span = attribute.span.start..attribute.span.start + name.len();
    let what = format!("template: `<{}>` has no attribute `{name}`", tag.name);
    findings.push(Diagnostic::new(&codes::template::UNKNOWN_ATTRIBUTE, what).at(page.source, span).help(help));
}

/// `padding*` is `padding` and its four sides.
fn spelt_out(attributes: &str) -> impl Iterator<Item = String> {
    attributes.split_whitespace().flat_map(|name| match name.strip_suffix('*') {
        Some(stem) => ["", "-top", "-right", "-bottom", "-left"].map(|side| format!("{stem}{side}")).to_vec(),
        None => vec![name.to_owned()],
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{mail, told};

    #[test]
    fn an_element_or_attribute_that_is_none_is_told_with_what_was_meant() {
        let table = [
            (
                "<mj-txt>x</mj-txt>",
                "3:2 template/unknown-element template: `<mj-txt>` is no element of MJML; did you mean `<mj-text>`?",
            ),
            (
                "<mj-text><spn></spn></mj-text>",
                "3:11 template/unknown-element template: `<spn>` is no element of HTML; did you mean `<span>`?",
            ),
            (
                "<mj-text font-szie=\"1px\"></mj-text>",
                "3:10 template/unknown-attribute template: `<mj-text>` has no attribute `font-szie`; did you mean `font-size`?",
            ),
            (
                "<mj-spacer hight=\"1px\" />",
                "3:12 template/unknown-attribute template: `<mj-spacer>` has no attribute `hight`; did you mean `height`?",
            ),
        ];
        for (part, expected) in table {
            assert_eq!(told(&mail(part)), expected, "{part}");
        }
    }

    #[test]
    fn classes_and_the_attributes_of_all_elements_are_known() {
        let head = "<mj-attributes><mj-all font-family=\"x\" /><mj-class name=\"a\" border-top=\"0\" /><mj-text padding-left=\"0\" />\
                    </mj-attributes>";
        assert_eq!(told(&mail(head)), "");
        assert_eq!(told(&mail("<mj-text css-class=\"a\"></mj-text><o:p></o:p>")), "");
        let class = "<mj-attributes><mj-class name=\"card\" /></mj-attributes><mj-text mj-class=\"CLASS\"></mj-text>";
        assert_eq!(told(&mail(&class.replace("CLASS", "card"))), "");
        assert!(
            told(&mail(&class.replace("CLASS", "crd")))
                .contains("template/unknown-class template: no `<mj-class>` is named `crd`; did you mean `card`?")
        );
        let slip = "<mj-attributes><mj-all font-famly=\"x\" /></mj-attributes>";
        assert!(told(&mail(slip)).contains("did you mean `font-family`?"));
    }
}
