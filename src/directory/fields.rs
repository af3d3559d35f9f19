//! Where an answer has what is needed. Pure.

use serde_json::{Map, Value};

use crate::config::Fields;

/// The owner in an answer, in the form of a native event's `recipient`; `None`: there is nobody in it.
///
/// # Errors
/// When what should be the owner is no object.
pub(super) fn pick(fields: &Fields, answer: Value) -> Result<Option<Value>, String> {
    let owner = match &fields.root {
        None => answer,
        Some(root) => answer.pointer(root).cloned().unwrap_or_default(),
    };
    let found = match &owner {
        Value::Null => return Ok(None),
        Value::Object(_) => {
            let is_native = Fields { root: None, ..fields.clone() } == Fields::default();
            return Ok(Some(if is_native { owner } else { native(fields, &owner) }));
        }
        Value::Array(_) => "an array",
        Value::String(_) => "a string",
        Value::Number(_) => "a number",
        Value::Bool(_) => "a boolean",
    };
    let place = fields.root.as_ref().map_or_else(String::new, |root| format!(" at `{root}`"));
    Err(format!("its answer{place} is {found}; expected an object"))
}

fn native(fields: &Fields, owner: &Value) -> Value {
    let Fields { root: _, email, name, locale, timezone, devices } = fields;
    let mut native = Map::new();
    for (field, pointer) in
        [("email", email), ("name", name), ("locale", locale), ("timezone", timezone), ("devices", devices)]
    {
        let found = match pointer {
            Some(pointer) => owner.pointer(pointer),
            None => owner.get(field),
        };
        native.extend(found.map(|found| (field.to_owned(), found.clone())));
    }
    Value::Object(native)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(root: Option<&str>, email: Option<&str>) -> Fields {
        Fields { root: root.map(str::to_owned), email: email.map(str::to_owned), ..Fields::default() }
    }

    #[test]
    fn without_a_mapping_an_answer_is_taken_as_it_is() {
        let owner = json!({ "email": "a@b.example", "more": 1 });
        assert_eq!(pick(&Fields::default(), owner.clone()), Ok(Some(owner)));
        assert_eq!(pick(&Fields::default(), json!(null)), Ok(None));
    }

    #[test]
    fn what_is_named_is_looked_for_there_and_all_else_in_its_usual_place() {
        let all = Fields {
            root: Some("/data/0".to_owned()),
            email: Some("/contact/mails/1".to_owned()),
            name: Some("/a~1b".to_owned()),
            devices: Some("/phones".to_owned()),
            ..Fields::default()
        };
        let answer = json!({ "data": [{
            "contact": { "mails": ["old@b.example", "new@b.example"] }, "a/b": "Anna", "locale": "da", "email": "not this",
            "phones": [{ "platform": "apns", "token": "t" }],
        }] });
        let picked = pick(&all, answer).unwrap().unwrap();
        let expected = json!({
            "email": "new@b.example", "name": "Anna", "locale": "da", "devices": [{ "platform": "apns", "token": "t" }],
        });
        assert_eq!(picked, expected);
    }

    #[test]
    fn an_answer_without_an_owner_in_it_is_nobody() {
        for answer in [json!({ "data": null }), json!({}), json!({ "data": {} }), json!([])] {
            let root = if answer == json!({ "data": {} }) { "/data/owner" } else { "/data" };
            assert_eq!(pick(&fields(Some(root), Some("/mail")), answer.clone()), Ok(None), "{answer}");
        }
        assert_eq!(pick(&fields(None, Some("/mail")), json!({})), Ok(Some(json!({}))));
    }

    #[test]
    fn what_is_no_object_is_told_with_its_place() {
        assert_eq!(
            pick(&fields(Some("/data"), None), json!({ "data": [1] })).unwrap_err(),
            "its answer at `/data` is an array; expected an object"
        );
        assert_eq!(pick(&Fields::default(), json!("a")).unwrap_err(), "its answer is a string; expected an object");
    }
}
