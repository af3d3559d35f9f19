//! Where a value stands in a JSON text: `serde_json` tells what it read, not where. For texts that `serde_json` has accepted.

use std::ops::Range;

/// A value and its bytes.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) span: Range<usize>,
    inside: Inside,
}

#[derive(Debug)]
enum Inside {
    Object(Vec<(String, Node)>),
    Array(Vec<Node>),
    Nothing,
}

impl Node {
    /// Reads a whole text. `None`: it is no JSON.
    pub(super) fn read(text: &str) -> Option<Self> {
        Reader { text, at: 0 }.value()
    }

    /// `data.errors[1].type`, or as much of it as is there: a missing field is shown where it should be.
    pub(super) fn nearest(&self, path: &str) -> &Self {
        let mut node = self;
        for name in path.split(['.', '[']).map(|name| name.trim_end_matches(']')) {
            let Some(next) = node.get(name) else { break };
            node = next;
        }
        node
    }

    /// A field of an object, or an element of an array.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        match &self.inside {
            // As serde_json does, the last of a name counts.
            Inside::Object(fields) => fields.iter().rev().find(|(field, _)| field == name).map(|(_, node)| node),
            Inside::Array(elements) => elements.get(name.parse::<usize>().ok()?),
            Inside::Nothing => None,
        }
    }

    pub(super) fn elements(&self) -> &[Self] {
        match &self.inside {
            Inside::Array(elements) => elements,
            _ => &[],
        }
    }

    /// What to mark: the whole value, or the bracket with which it begins, which is on one line.
    pub(super) fn mark(&self) -> Range<usize> {
        match self.inside {
            Inside::Nothing => self.span.clone(),
            _ => self.span.start..self.span.start + 1,
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self) -> Option<Node> {
        let first = self.next_byte()?;
        let start = self.at;
        let inside = match first {
            b'{' => Inside::Object(self.items(b'}', |reader| {
                reader.next_byte()?;
                let start = reader.at;
                reader.string()?;
                let name = serde_json::from_str(&reader.text[start..reader.at]).ok()?;
                (reader.next_byte()? == b':').then(|| reader.at += 1)?;
                Some((name, reader.value()?))
            })?),
            b'[' => Inside::Array(self.items(b']', Self::value)?),
            b'"' => {
                self.string()?;
                Inside::Nothing
            }
            _ => {
                let rest = &self.text[self.at..];
                let length = rest.find(|c: char| ",]}".contains(c) || c.is_ascii_whitespace()).unwrap_or(rest.len());
                // Where nothing stands there is no value: without this a stray bracket would be read for ever.
                (length > 0).then(|| self.at += length)?;
                Inside::Nothing
            }
        };
        Some(Node { span: start..self.at, inside })
    }

    /// What stands between two brackets, separated by commas.
    fn items<T>(&mut self, end: u8, item: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let mut items = Vec::new();
        self.at += 1;
        while self.next_byte()? != end {
            items.push(item(self)?);
            if self.next_byte()? == b',' {
                self.at += 1;
            }
        }
        self.at += 1;
        Some(items)
    }

    fn string(&mut self) -> Option<()> {
        (self.text.as_bytes().get(self.at) == Some(&b'"')).then_some(())?;
        let mut escaped = false;
        let rest = self.text[self.at + 1..].bytes();
        let length = rest.take_while(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            !ends
        });
        self.at += length.count() + 2;
        (self.at <= self.text.len()).then_some(())
    }

    /// The next byte that is no white space; it is not yet taken.
    fn next_byte(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        self.at += rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    const TEXT: &str = "{ \"a\\\"b\" : [1, {\"c\": \"]}\\\\\"}, null ],\n \"é\": {\"d\": -1.5e3} }";

    #[test]
    fn a_path_leads_to_its_value_or_as_near_as_there_is_something() {
        let node = Node::read(TEXT).unwrap();
        let found = |path: &str| &TEXT[node.nearest(path).span.clone()];
        assert_eq!(found("é.d"), "-1.5e3");
        assert_eq!(found("a\"b[1].c"), "\"]}\\\\\"");
        assert_eq!(found("a\"b[2]"), "null");
        assert_eq!(found("é.missing.too"), "{\"d\": -1.5e3}");
        assert_eq!(found("nowhere"), TEXT);
        assert_eq!(node.mark(), 0..1);
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                proptest::collection::btree_map(".{0,4}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Every value is found where it stands.
    fn hold(node: &Node, value: &Value, text: &str) {
        assert_eq!(&serde_json::from_str::<Value>(&text[node.span.clone()]).unwrap(), value);
        match value {
            Value::Array(values) => {
                assert_eq!(node.elements().len(), values.len());
                values.iter().zip(node.elements()).for_each(|(value, node)| hold(node, value, text));
            }
            Value::Object(fields) => {
                fields.iter().for_each(|(name, value)| hold(node.get(name).unwrap(), value, text));
            }
            _ => {}
        }
    }

    #[test]
    fn a_stray_bracket_is_no_value() {
        for text in ["[}", "{\"a\":]", "[1,,2]", "[", "{\"a\"", "{]"] {
            assert!(Node::read(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_serde_json_reads_is_found_in_its_place(value in json(), pretty in any::<bool>()) {
            let text = if pretty { format!("{value:#}") } else { value.to_string() };
            hold(&Node::read(&text).unwrap(), &value, &text);
        }

        #[test]
        fn what_is_no_json_does_no_harm(text in "[\\[\\]{}\",:a1 ]{0,12}|.*") {
            let _ = Node::read(&text);
        }
    }
}
