//! What src/transport/README.md shows is true: each of its configurations loads, and its transports can be set up.

mod support;

use std::fs;

use dashlight::config::{self, Layers};
use support::project;

/// An app, where the document shows none.
const APP: &str = "\n[apps.chargeup]\nname = \"ChargeUp\"\nclient_id = \"c\"\nsender = \"hello@chargeup.example\"\n\
                   support_email = \"help@chargeup.example\"\n";

#[test]
fn each_configuration_of_the_document_sets_up_its_transports() {
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("key");
    fs::write(&secret, "a secret\n").unwrap();
    let secrets = [
        ("key", secret),
        ("client.pem", project("tests/fixtures/keys/es256-certificate.pem")),
        ("client-key.pem", project("tests/fixtures/keys/es256.p8")),
    ];
    let document = fs::read_to_string(project("src/transport/README.md")).unwrap();
    let blocks: Vec<_> = document.split("```toml\n").skip(1).filter_map(|rest| rest.split("\n```").next()).collect();
    assert!(blocks.len() >= 6, "{}", blocks.len());
    for block in blocks {
        let file = folder.path().join("dashlight.toml");
        let text = secrets.iter().fold(block.to_owned(), |text, (name, file)| {
            text.replace(&format!("\"/run/secrets/{name}\""), &format!("{:?}", file.to_str().unwrap()))
        });
        fs::write(&file, text + APP).unwrap();
        let layers = Layers { file: Some(file), ..Layers::default() };
        let config = config::load(&layers).unwrap_or_else(|faults| panic!("{block}\n{}", faults.render(false)));
        let faults = dashlight::app::transport_faults(&config);
        assert!(faults.is_empty(), "{block}\n{faults:?}");
    }
}
