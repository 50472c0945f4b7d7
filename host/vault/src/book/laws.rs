//! What holds of every file that stands where the vault is, whoever wrote it: nothing is read from it that was not written.

use std::collections::BTreeMap;

use mcpmux_core::config::Secret;
use mcpmux_core::ports::{Record, VaultProblem};

use crate::book::{Book, Pages};
use crate::seal::Key;

/// The key of the files that inputs are made of.
const KEY: [u8; 32] = *b"the key of all drawn and found !";

/// All that was ever sealed with it.
const WRITTEN: [(&str, &str); 3] = [("a", "one"), ("b", "two\nlines"), ("c", "")];

/// The file is refused, or each record in it is as it was written or refused by name; what is written next is read again.
pub(crate) fn hold(file: &[u8]) {
    let key = key();
    let Ok((mut book, found)) = Pages::parse(file).open(|_| Ok(key.clone())) else { return };
    assert_eq!(found.id(), key.id());
    let written: BTreeMap<Record, &str> = WRITTEN.into_iter().map(named).collect();
    let records: Vec<Record> = book.records().cloned().collect();
    for record in &records {
        let Some(value) = written.get(record) else { panic!("{record} was never written") };
        match book.read(&key, record) {
            Ok(read) => assert_eq!(read, Some(secret(value))),
            Err(VaultProblem::Damaged(why)) => assert!(why.contains(&record.to_string()), "{why}"),
            Err(other) => panic!("{other:?}"),
        }
    }
    for (record, value) in &written {
        book.write(&key, record, &secret(value)).expect("it is short");
    }
    let text = book.text(&key).expect("it is short");
    let again = Pages::parse(text.as_bytes()).open(|_| Ok(key.clone()));
    let (again, _) = again.expect("it is whole");
    for (record, value) in &written {
        assert_eq!(again.read(&key, record), Ok(Some(secret(value))));
    }
}

/// A file to begin with.
pub(crate) fn file() -> String {
    let (key, mut book) = (key(), Book::new().expect("there are random bytes"));
    for (record, value) in WRITTEN.into_iter().map(named) {
        book.write(&key, &record, &secret("two\nlines")).expect("it is short");
        book.write(&key, &record, &secret(value)).expect("it is short");
    }
    book.text(&key).expect("it is short")
}

/// The key of [`file`].
pub(crate) fn key() -> Key {
    Key::read(&KEY).expect("it is as long as a key")
}

fn named<'a>((name, value): (&str, &'a str)) -> (Record, &'a str) {
    (Record::Named(name.to_owned()), value)
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}
