//! Whether a 404 is the directory's word about an owner, or a gateway's that has lost the directory.

use serde_json::Value;

use crate::config::Sign;

/// How pages begin that say nothing of an owner: HTML; the words of Go's servers and of Kubernetes' gateways.
const PAGES: [&str; 3] = ["<", "404 page not found", "default backend"];
/// What is said of a path that leads nowhere: by Kong, by Amazon's gateway of REST APIs, by APISIX, by Google's API gateway, by
/// Apigee; by Express and Nest, by Fastify.
const NO_ROUTE: [&str; 7] = [
    "no Route matched with those values",
    "/message=Missing Authentication Token",
    "/error_msg=404 Route Not Found",
    "/message=The current request is not defined by this API.",
    "/fault/detail/errorcode=messaging.adaptors.http.flow.ApplicationNotFound",
    "Cannot GET /",
    "Route GET:/",
];
/// Whole answers: of Amazon's gateway of HTTP APIs, of Azure's API management.
const NOTHING_ELSE: [&str; 2] = [r#"{"message":"Not Found"}"#, r#"{"statusCode":404,"message":"Resource not found"}"#];

/// Says why this 404 or 410 is not about an owner. `signs`: what the directory says of one whom it does not know; none:
/// everything but what gateways are known by.
pub(super) fn lost(signs: &[Sign], status: u16, body: &[u8]) -> Option<&'static str> {
    let (said, json) = (String::from_utf8_lossy(body), serde_json::from_slice::<Value>(body).ok());
    let is_in = |sign: &Sign| sign.is_in(status, &said, json.as_ref());
    if !signs.is_empty() {
        return (!signs.iter().any(is_in)).then_some("not as `directory.unknown` says; look at `directory.url`");
    }
    let is_page = PAGES.iter().any(|page| said.trim_start().starts_with(page));
    let is_whole = |all: &&str| json.is_some() && serde_json::from_str::<Value>(all).ok() == json;
    let is_gateway =
        is_page || NO_ROUTE.iter().any(|sign| is_in(&Sign::from(*sign))) || NOTHING_ELSE.iter().any(is_whole);
    is_gateway.then_some(
        "in the words of a gateway that does not find it; look at `directory.url`, or say in `directory.unknown` what it \
         answers about an owner whom it does not know",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_s_words_are_not_the_directory_s() {
        for said in [
            "<html><h1>404 Not Found</h1>",
            "\n 404 page not found\n",
            "default backend - 404",
            r#"{"message":"no Route matched with those values","request_id":"7c0a"}"#,
            r#"{ "message": "Not Found" }"#,
            r#"{"message":"Missing Authentication Token"}"#,
            r#"{"error_msg":"404 Route Not Found"}"#,
            r#"{"code":404,"message":"The current request is not defined by this API."}"#,
            r#"{ "statusCode": 404, "message": "Resource not found" }"#,
            r#"{"fault":{"detail":{"errorcode":"messaging.adaptors.http.flow.ApplicationNotFound"}}}"#,
            r#"{"message":"Cannot GET /v1/owners/7","error":"Not Found","statusCode":404}"#,
            r#"{"message":"Route GET:/v1/owners/7 not found","error":"Not Found","statusCode":404}"#,
        ] {
            assert!(lost(&[], 404, said.as_bytes()).is_some_and(|why| why.contains("directory.unknown")), "{said}");
        }
        for said in
            ["", "null", "not found", r#"{"error":"no such owner"}"#, r#"{"message":"Not Found","code":"OWNER"}"#, "[]"]
        {
            assert_eq!(lost(&[], 404, said.as_bytes()), None, "{said}");
        }
    }

    #[test]
    fn where_the_directory_s_word_is_known_only_that_counts() {
        let lost = |sign: &str, said: &str| lost(&[Sign::from(sign)], 404, said.as_bytes()).is_some();
        assert!(!lost("/code=OWNER_UNKNOWN", r#"{"code":"OWNER_UNKNOWN"}"#));
        assert!(!lost("/code=7", r#"{"code":7}"#));
        assert!(!lost("/message=Not Found", r#"{"message":"Not Found"}"#), "it may say what a gateway says");
        assert!(!lost("no such owner", "there is no such owner"));
        assert!(!lost("404", "<html>"));
        for said in ["", "null", r#"{"code":"OTHER"}"#, r#"{"message":"OWNER_UNKNOWN"}"#, "<html>"] {
            assert!(lost("/code=OWNER_UNKNOWN", said), "{said}");
        }
    }
}
