//! What a book makes of bytes that are not what was written.

use super::*;

fn named(name: &str) -> Record {
    Record::Named(name.to_owned())
}

fn login(backend: &str) -> Record {
    let issuer = "https://as.example".to_owned();
    let resource = "https://mcp.example/mcp".to_owned();
    Record::Login { space: String::new(), backend: backend.to_owned(), issuer, resource }
}

fn secret(text: &str) -> Secret {
    Secret::new(text.to_owned())
}

/// A book of these records.
fn written(key: &Key, records: &[(Record, &str)]) -> Book {
    let mut book = Book::new().unwrap();
    for (record, value) in records {
        book.write(key, record, &secret(value)).unwrap();
    }
    book
}

fn open(bytes: &[u8], key: &Key) -> Result<Book, Unopened> {
    Pages::parse(bytes).open(|_| Ok(key.clone())).map(|(book, _)| book)
}

#[test]
fn what_was_written_is_read() {
    let key = Key::random().unwrap();
    let mut book = written(&key, &[(named("b"), "1"), (named("a"), "old"), (login("x"), "{}")]);
    book.write(&key, &named("a"), &secret("new\n\0é")).unwrap();
    assert!(book.remove(&named("b")) && !book.remove(&named("b")));
    let text = book.text(&key).unwrap();
    let book = open(text.as_bytes(), &key).unwrap();
    assert_eq!(book.records().cloned().collect::<Vec<_>>(), [named("a"), login("x")]);
    assert_eq!(book.read(&key, &named("a")), Ok(Some(secret("new\n\0é"))));
    assert_eq!(book.read(&key, &login("x")), Ok(Some(secret("{}"))));
    assert_eq!(book.read(&key, &named("b")), Ok(None));
    for shown in ["new", "example"] {
        assert!(!text.contains(shown), "neither values nor names are in the clear");
    }
}

#[test]
fn a_flipped_byte_spoils_one_record_at_most_and_is_noticed() {
    let key = Key::random().unwrap();
    let all = [(named("a"), "one"), (named("b"), "two"), (login("c"), "three")];
    let text = written(&key, &all).text(&key).unwrap().into_bytes();
    let mut spoilt = [0; 3];
    for at in 0..text.len() {
        for flip in [1, 0x20, 0x80, text[at] ^ b'\n', text[at] ^ b' '] {
            let mut flipped = text.clone();
            flipped[at] ^= flip;
            let book = open(&flipped, &key).unwrap();
            let mut lost = 0;
            for (index, (record, value)) in all.iter().enumerate() {
                match book.read(&key, record) {
                    Ok(found) => assert_eq!(found, Some(secret(value)), "byte {at}"),
                    Err(VaultProblem::Damaged(why)) => {
                        assert!(why.contains(&record.to_string()), "{why}");
                        spoilt[index] += 1;
                        lost += 1;
                    }
                    Err(other) => panic!("byte {at}: {other:?}"),
                }
            }
            assert!(lost <= 1, "byte {at} with {flip}");
        }
    }
    assert!(spoilt.iter().all(|count| *count > 100), "{spoilt:?}");
}

#[test]
fn an_older_record_and_one_of_another_name_are_not_taken() {
    let key = Key::random().unwrap();
    let mut book = written(&key, &[(named("a"), "old"), (named("b"), "other")]);
    let old = book.lines.clone();
    book.write(&key, &named("a"), &secret("new")).unwrap();
    for replay in [&old[&1], &old[&2]] {
        let (sealed, now) = (&replay[0], &book.lines[&3][0]);
        let text = book.text(&key).unwrap().replace(now, sealed);
        let opened = open(text.as_bytes(), &key).unwrap();
        let read = opened.read(&key, &named("a"));
        assert!(matches!(read, Err(VaultProblem::Damaged(_))), "{read:?}");
    }
    // A line that was added does not stand in the way of the right one, and goes with the next change.
    let added =
        format!("{}\nrecord 1 {}\nrecord 3 {}\n", book.text(&key).unwrap(), old[&1][0], old[&1][0]);
    let opened = open(added.as_bytes(), &key).unwrap();
    assert_eq!(opened.read(&key, &named("a")), Ok(Some(secret("new"))));
    assert!(!opened.text(&key).unwrap().contains("record 1 "));
}

#[test]
fn a_line_that_was_taken_out_is_noticed() {
    let key = Key::random().unwrap();
    let text = written(&key, &[(named("a"), "1")]).text(&key).unwrap();
    let without: String =
        text.lines().filter(|line| !line.starts_with(RECORD)).collect::<Vec<_>>().join("\n");
    let read = open(without.as_bytes(), &key).unwrap().read(&key, &named("a"));
    assert!(matches!(read, Err(VaultProblem::Damaged(_))), "{read:?}");
}

#[test]
fn what_cannot_be_opened_says_why() {
    let (key, other) = (Key::random().unwrap(), Key::random().unwrap());
    let text = written(&key, &[(named("a"), "1")]).text(&key).unwrap();
    let why = |text: &str, key: &Key| open(text.as_bytes(), key).err();
    assert_eq!(why(&text, &other), Some(Unopened::OtherKey));
    assert_eq!(why("", &key), Some(Unopened::Damaged));
    assert_eq!(why("garbage\n", &key), Some(Unopened::Damaged));
    let newer = text.replace("mcpmux-vault 1", "mcpmux-vault 2");
    assert_eq!(why(&newer, &key), Some(Unopened::Version("2".to_owned())));
    let locked = VaultProblem::Locked("no".to_owned());
    let opened = Pages::parse(text.as_bytes()).open(|_| Err(locked.clone()));
    assert_eq!(opened.err(), Some(Unopened::Key(locked)));
}

#[test]
fn no_two_records_share_an_identity() {
    let login = |space: &str, backend: &str| Record::Login {
        space: space.to_owned(),
        backend: backend.to_owned(),
        issuer: String::new(),
        resource: String::new(),
    };
    assert_ne!(identity(&login("a", "b")), identity(&login("ab", "")));
    assert_ne!(identity(&login("", "a")), identity(&named("a")));
}

#[test]
fn a_record_of_another_vault_or_of_another_past_is_not_taken() {
    let key = Key::random().unwrap();
    // Another vault of the same key, with the same name and the same counter.
    let theirs = written(&key, &[(named("a"), "theirs")]);
    let ours = written(&key, &[(named("a"), "ours")]);
    let put_in = |book: &Book, sealed: &str, counter: u64| {
        let text = book.text(&key).unwrap().replace(&book.lines[&counter][0], sealed);
        open(text.as_bytes(), &key).unwrap().read(&key, &named("a"))
    };
    let mut twin = written(&key, &[(named("a"), "twin")]);
    twin.entries = theirs.entries.clone();
    for book in [&ours, &twin] {
        let read = put_in(book, &theirs.lines[&1][0], 1);
        assert!(matches!(read, Err(VaultProblem::Damaged(_))), "{read:?}");
    }

    // A backup is put back, and goes on with a counter that was used before.
    let backup = ours.text(&key).unwrap();
    let restored = || open(backup.as_bytes(), &key).unwrap();
    let (mut before, mut after) = (restored(), restored());
    before.write(&key, &named("a"), &secret("before")).unwrap();
    after.write(&key, &named("a"), &secret("after")).unwrap();
    assert_eq!(put_in(&after, &after.lines[&2][0], 2), Ok(Some(secret("after"))));
    let read = put_in(&after, &before.lines[&2][0], 2);
    assert!(matches!(read, Err(VaultProblem::Damaged(_))), "{read:?}");
}

#[test]
fn a_file_of_many_heads_costs_no_more_keys_than_one_of_two() {
    let key = Key::random().unwrap();
    let heads: String = (0..100).map(|_| Book::new().unwrap().text(&key).unwrap()).collect();
    let mut asked = 0;
    let opened = Pages::parse(heads.as_bytes()).open(|_| {
        asked += 1;
        Err(VaultProblem::Locked("no".to_owned()))
    });
    assert!(opened.is_err());
    assert_eq!(asked, HEADS);
}

#[test]
fn a_damaged_salt_does_not_keep_the_other_head_from_being_tried() {
    let key = Key::random().unwrap();
    let book = written(&key, &[(named("a"), "1")]);
    let right = STANDARD_NO_PAD.encode(book.salt);
    let text = book.text(&key).unwrap().replacen(&right, &STANDARD_NO_PAD.encode([7; 16]), 1);
    let opened = Pages::parse(text.as_bytes()).open(|salt| match *salt == book.salt {
        true => Ok(key.clone()),
        false => Err(VaultProblem::Locked("the keychain has none for it".to_owned())),
    });
    assert_eq!(opened.unwrap().0.read(&key, &named("a")), Ok(Some(secret("1"))));
}

#[test]
fn the_laws_hold_for_files_that_were_cut_and_put_together_anew() {
    let text = laws::file();
    let other = laws::file();
    laws::hold(text.as_bytes());
    for end in 0..text.len() {
        laws::hold(&text.as_bytes()[..end]);
        laws::hold(&text.as_bytes()[end..]);
    }
    let lines: Vec<&str> =
        text.lines().chain(other.lines()).filter(|line| !line.is_empty()).collect();
    for one in &lines {
        for two in &lines {
            laws::hold(format!("{one}\n{two}\n{text}").as_bytes());
            laws::hold(text.replace(one, two).as_bytes());
        }
    }
}

/// `UPDATE_SEEDS=1` writes them anew, after a change of the format.
#[test]
fn the_seeds_of_the_fuzz_target_can_be_opened() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds/book");
    if std::env::var_os("UPDATE_SEEDS").is_some() {
        for name in ["one", "two"] {
            std::fs::write(format!("{seeds}/{name}"), laws::file()).unwrap();
        }
    }
    for seed in std::fs::read_dir(seeds).unwrap() {
        let seed = std::fs::read(seed.unwrap().path()).unwrap();
        laws::hold(&seed);
        let opened = Pages::parse(&seed).open(|_| Ok(laws::key()));
        assert_eq!(opened.unwrap().0.records().count(), 3, "it can be opened");
    }
}
