//! Files that hold one secret each, and what a person does about one that cannot be it.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use super::Secret;

/// Bytes; no key, token or list of headers comes near it. What is longer is another file, or a device that never ends.
const LONGEST: u64 = 64 << 10;

/// What the file holds, without the line break at its end. Fails with what is wrong and what to do, as what follows the name of
/// the key: "names `/run/key`, which is empty; …". It repeats nothing of the file.
pub(crate) fn read(path: &Path) -> Result<Secret, String> {
    text(path).map_err(|fault| format!("names `{}`, which {fault}", path.display()))
}

fn text(path: &Path) -> Result<Secret, String> {
    let text = String::from_utf8(bytes(path)?).map_err(
        |_| "is no text; copy the secret as it was given, and write a key in DER as PEM, by `openssl pkey -inform DER`",
    )?;
    if text.trim().is_empty() {
        return Err("is empty; write the secret into it".to_owned());
    }
    Ok(Secret::new(text.trim_end_matches(['\r', '\n'])))
}

/// As [`read`], whatever bytes they are; the fault as what follows "which".
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST + 1).read_to_end(&mut bytes));
    match read.map_err(|error| unreadable(&error))? {
        length if length as u64 > LONGEST => {
            let most = LONGEST >> 10;
            Err(format!("is longer than {most} KiB, as no secret is; name the file that holds the secret alone"))
        }
        _ => Ok(bytes),
    }
}

/// Why a file cannot be read, as what follows "which", and what to do.
pub(crate) fn unreadable(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "is not there; mend the path, or put the file there".to_owned(),
        io::ErrorKind::PermissionDenied => "the user that this runs as may not read; give it that right".to_owned(),
        io::ErrorKind::IsADirectory => "is a folder; name the file in it".to_owned(),
        _ => format!("cannot be read: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_that_can_be_no_secret_has_a_remedy_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        for (path, told) in [
            (folder.path().join("nowhere"), "is not there; mend the path"),
            (folder.path().to_owned(), "is a folder; name the file in it"),
            (file("empty", b" \r\n"), "is empty; write the secret into it"),
            (file("der", &[0x30, 0x81, 0xff]), "is no text; copy the secret as it was given"),
            (file("long", &vec![b'x'; 1 << 20]), "is longer than 64 KiB, as no secret is"),
            #[cfg(unix)]
            ("/dev/zero".into(), "is longer than 64 KiB, as no secret is"),
        ] {
            let fault = read(&path).map(|_| ()).unwrap_err();
            assert!(fault.starts_with(&format!("names `{}`, which {told}", path.display())), "{fault}");
        }
        assert_eq!(read(&file("good", b"a key\r\n")), Ok(Secret::new("a key")));
        assert_eq!(read(&file("longest", &vec![b'x'; 64 << 10])).map(|_| ()), Ok(()));
    }
}
