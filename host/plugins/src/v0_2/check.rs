//! What a hook returned, checked and turned into the host's words. An error says what is wrong with it; that it was
//! this plugin's hook is added where it was called.

use bytes::Bytes;
use mcpmux_core::hook::{Denial, Rewrite};
use mcpmux_core::json::pointer::{Patch, Pointer, WORK};
use mcpmux_core::json::{Object, Raw};

use super::bindings::mcpmux::plugin::types as wit;
use crate::limiter::size;

/// Characters of a denial's code that are kept, and of its message.
const CODE: usize = 64;
const MESSAGE: usize = 4_000;

/// A text that is one JSON value.
pub(super) fn json(what: &str, text: String) -> Result<Raw, String> {
    Raw::parse(Bytes::from(text)).map_err(|error| format!("{what} is no JSON: {error}"))
}

/// A text that is a JSON object.
pub(super) fn object(what: &str, text: String) -> Result<Raw, String> {
    let raw = json(what, text)?;
    members(what, &raw)?;
    Ok(raw)
}

/// The members of what has to be an object.
pub(super) fn members(what: &str, raw: &Raw) -> Result<Object, String> {
    raw.object().map_err(|error| format!("{what} is no JSON object: {error}"))
}

/// A JSON Pointer.
pub(super) fn pointer(text: &str) -> Result<Pointer, String> {
    Pointer::parse(text).map_err(|error| error.to_string())
}

/// Changes to a document, still to be made.
pub(super) fn patches(patches: Vec<wit::Patch>) -> Result<Vec<Patch>, String> {
    let patch = |patch| match patch {
        wit::Patch::Set((at, text)) => {
            let value = json(&format!("the patch's value for `{at}`"), text)?;
            Ok(Patch::Set(pointer(&at)?, value))
        }
        wit::Patch::Remove(at) => Ok(Patch::Remove(pointer(&at)?)),
    };
    patches.into_iter().map(patch).collect()
}

/// Whether patches that go over so many bytes can be made in reasonable time.
pub(super) fn work(bytes: usize) -> Result<(), String> {
    if bytes <= WORK {
        return Ok(());
    }
    let limit = size(WORK);
    Err(format!(
        "its patches go over more than {limit} in all, which takes too long; replace the whole instead"
    ))
}

/// The document as a hook wants it, and an object as it was before. The changes are made here, so that one that
/// cannot be made is the hook's failure.
pub(super) fn rewrite(document: &Raw, rewrite: wit::Rewrite) -> Result<Rewrite, String> {
    let changed = match rewrite {
        wit::Rewrite::Replace(text) => json("the replacement", text)?,
        wit::Rewrite::Patch(list) => {
            let changed = Rewrite::Patch(patches(list)?).apply(document);
            changed.map_err(|error| format!("a patch cannot be made: {error}"))?
        }
    };
    members("the changed document", &changed)?;
    Ok(Rewrite::Replace(changed))
}

/// A refusal. Whatever is odd about its words, it stays a refusal: they are cut, not found fault with.
pub(super) fn denial(denial: wit::Denial) -> Denial {
    let code = clean(&denial.code, CODE);
    let message = clean(&denial.message, MESSAGE);
    let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    Denial { code: or(code, "refused"), message: or(message, "a policy refuses this") }
}

/// Text for a client or an operator, without control characters but the line feed.
pub(super) fn clean(text: &str, characters: usize) -> String {
    let plain = |character: &char| !character.is_control() || *character == '\n';
    text.chars().filter(plain).take(characters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Raw {
        Raw::literal(r#"{"a":{"b":1},"c":[1]}"#)
    }

    fn check(change: wit::Rewrite, expected: Result<&str, &str>) {
        let changed = rewrite(&document(), change).map(|rewrite| match rewrite {
            Rewrite::Replace(raw) => String::from_utf8(raw.as_bytes().to_vec()).unwrap(),
            Rewrite::Patch(_) => unreachable!(),
        });
        assert_eq!(changed.as_deref().map_err(String::as_str), expected);
    }

    fn set(at: &str, json: &str) -> wit::Patch {
        wit::Patch::Set((at.to_owned(), json.to_owned()))
    }

    #[test]
    fn patches_are_made_all_or_none() {
        let both = vec![set("/a/b", "2"), wit::Patch::Remove("/c".to_owned())];
        check(wit::Rewrite::Patch(both), Ok(r#"{"a":{"b":2}}"#));
        let second = vec![set("/a/b", "2"), set("/x/y", "1")];
        let why = "a patch cannot be made: there is nothing at `/x/y`";
        check(wit::Rewrite::Patch(second), Err(why));
    }

    #[test]
    fn what_is_no_json_no_pointer_or_no_object_is_said_to_be_so() {
        let one = |patch| wit::Rewrite::Patch(vec![patch]);
        let value = "the patch's value for `/c` is no JSON: expected ident at line 1 column 2";
        check(one(set("/c", "nope")), Err(value));
        let pointer =
            "`c` is no JSON Pointer: it is empty or starts with `/`, and `~` is followed by 0 or 1";
        check(one(set("c", "1")), Err(pointer));
        let array = rewrite(&document(), wit::Rewrite::Replace("[]".to_owned())).unwrap_err();
        assert!(array.starts_with("the changed document is no JSON object: "), "{array}");
        let twice = rewrite(&document(), wit::Rewrite::Replace(r#"{"a":1,"a":2}"#.to_owned()));
        assert!(twice.unwrap_err().contains("duplicate key `a`"));
    }

    #[test]
    fn patches_that_would_take_minutes_are_not_begun() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(1 << 20));
        let many = vec![set("/b", "1"); 300];
        let large = Raw::parse(large.into()).unwrap();
        let why = rewrite(&large, wit::Rewrite::Patch(many)).unwrap_err();
        assert!(why.contains("go over more than 256 MiB in all"), "{why}");
        // What a patch puts there counts for those after it.
        let mut growing = vec![set("/a", &format!("\"{}\"", "x".repeat(1 << 20)))];
        growing.extend(vec![set("/c", "1"); 300]);
        let why = rewrite(&document(), wit::Rewrite::Patch(growing)).unwrap_err();
        assert!(why.contains("go over more than 256 MiB in all"), "{why}");
    }

    #[test]
    fn a_pointer_leads_no_deeper_than_documents_go() {
        let deep = wit::Rewrite::Patch(vec![set(&"/0".repeat(20_000), "1")]);
        assert!(rewrite(&document(), deep).unwrap_err().contains("at most 128 steps"));
    }

    #[test]
    fn a_refusal_stays_one_however_odd_its_words() {
        let odd = wit::Denial { code: "\u{1b}[2J".repeat(100), message: "\0".to_owned() };
        let denial = denial(odd);
        assert_eq!(denial.code.len(), 64);
        assert!(!denial.code.contains('\u{1b}'));
        assert_eq!(denial.message, "a policy refuses this");
    }
}
