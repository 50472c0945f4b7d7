//! Plugins of version 0.2 for the tests, put together from WebAssembly text: each hook answers with fixed words in
//! memory, or does what the first letter of the call's name says.

use std::fmt::Write as _;

use super::component;

/// Where the answer of a hook is written.
const ANSWER: u32 = 1_024;

/// A plugin in the making.
pub(crate) struct Guest {
    world: String,
    imports: String,
    exports: String,
    data: String,
    next: u32,
}

/// A text or list in the guest's memory: where, and how long.
pub(crate) type Place = (u32, u32);

/// How a hook is called: its interface and function, its parameters, and its document's handle.
struct Signature {
    export: &'static str,
    params: &'static str,
    document: Option<&'static str>,
}

/// Of a call, where its `name` is found; the record is passed in memory.
const NAME: &str = "(i32.load offset=20 (local.get 0))";

fn signature(hook: &str) -> Signature {
    let (export, params, document) = match hook {
        "catalog" => ("catalog@0.2.0#transform", "i32 i32 i32", None),
        "request" => {
            ("request@0.2.0#on-request", "i32", Some("(i32.load offset=80 (local.get 0))"))
        }
        "authorize" => ("authorize@0.2.0#check", "i32", Some("(i32.load offset=80 (local.get 0))")),
        "authorize-list" => (
            "authorize-list@0.2.0#check-list",
            "i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32",
            None,
        ),
        "response" => {
            ("response@0.2.0#on-response", "i32", Some("(i32.load offset=84 (local.get 0))"))
        }
        "notify" => {
            ("notify@0.2.0#on-notification", "i32 i32 i32 i32 i32 i64 i32", Some("(local.get 6)"))
        }
        "observe" => ("observe@0.2.0#on-outcome", "i32", None),
        "credentials" => ("credentials@0.2.0#fetch", "i32 i32 i32 i32 i32 i32 i32 i32", None),
        other => panic!("{other} is no hook"),
    };
    Signature { export, params, document }
}

impl Guest {
    /// One without hooks. It logs, has documents, and takes whatever memory it needs.
    pub(crate) fn new() -> Self {
        let world = "import mcpmux:plugin/types@0.2.0; import mcpmux:plugin/log@0.2.0;".to_owned();
        let (imports, exports, data) = (String::new(), String::new(), String::new());
        Self { world, imports, exports, data, next: 4_096 }
    }

    /// Imports a function of one of our interfaces as `$NAME`.
    pub(crate) fn import(mut self, interface: &str, function: &str, text: &str) -> Self {
        let full = format!("mcpmux:plugin/{interface}@0.2.0");
        if !self.world.contains(&full) {
            write!(self.world, "import {full};").unwrap();
        }
        writeln!(self.imports, "(import \"{full}\" \"{function}\" {text})").unwrap();
        self
    }

    /// Puts a text into its memory.
    pub(crate) fn text(&mut self, text: &str) -> Place {
        self.bytes(text.as_bytes())
    }

    /// Puts words into its memory.
    pub(crate) fn words(&mut self, words: &[u32]) -> u32 {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        self.bytes(&bytes).0
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Place {
        let at = self.next;
        let escaped: String = bytes.iter().map(|byte| format!("\\{byte:02x}")).collect();
        writeln!(self.data, "(data (i32.const {at}) \"{escaped}\")").unwrap();
        self.next = (at + u32::try_from(bytes.len()).unwrap()).next_multiple_of(8);
        (at, u32::try_from(bytes.len()).unwrap())
    }

    /// A hook with a body of WebAssembly text that leaves the place of its answer. The handle of its document is in
    /// `$document`, if it has one, and is given back after the body.
    pub(crate) fn hook(mut self, hook: &str, body: &str) -> Self {
        let Signature { export, params, document } = signature(hook);
        write!(self.world, "export mcpmux:plugin/{hook}@0.2.0;").unwrap();
        let (take, drop) = match document {
            Some(handle) => {
                (format!("(local.set $document {handle})"), "(call $drop (local.get $document))")
            }
            None if hook == "catalog" => (
                "(local.set $document (local.get 2))".to_owned(),
                "(call $forget (local.get $document))",
            ),
            None => (String::new(), ""),
        };
        writeln!(
            self.exports,
            "(func (export \"mcpmux:plugin/{export}\") (param {params}) (result i32)
               (local $document i32) (local $answer i32)
               {take} (local.set $answer (block (result i32) {body})) {drop} (local.get $answer))"
        )
        .unwrap();
        self
    }

    /// A hook of calls that misbehaves as the first letter of the call's name says: `t` traps, `l` loops, `m` takes
    /// memory, `s` recurses for ever, `f` calls the host for ever, `b` returns 100 MB, `u` returns what is no UTF-8;
    /// else it answers these words.
    pub(crate) fn moody(self, hook: &str, words: &[u32]) -> Self {
        let body = format!("{} {}", moods(NAME), answer(words));
        self.hook(hook, &body)
    }

    /// A start that says these words of `describe`, and of `init` that it went well.
    pub(crate) fn described(mut self, description: &[u32; 11]) -> Self {
        let at = self.words(description);
        self.world += "export mcpmux:plugin/lifecycle@0.2.0;";
        writeln!(
            self.exports,
            "(func (export \"mcpmux:plugin/lifecycle@0.2.0#describe\") (result i32) (i32.const {at}))
             (func (export \"mcpmux:plugin/lifecycle@0.2.0#init\") (param i32 i32) (result i32) {})",
            answer(&[0])
        )
        .unwrap();
        self
    }

    /// The same with a body of WebAssembly text for `describe`.
    pub(crate) fn describing(mut self, body: &str) -> Self {
        self.world += "export mcpmux:plugin/lifecycle@0.2.0;";
        let ok = answer(&[0]);
        writeln!(
            self.exports,
            "(func (export \"mcpmux:plugin/lifecycle@0.2.0#describe\") (result i32) {body})
             (func (export \"mcpmux:plugin/lifecycle@0.2.0#init\") (param i32 i32) (result i32) {ok})"
        )
        .unwrap();
        self
    }

    /// The component.
    pub(crate) fn build(&self) -> Vec<u8> {
        let Self { imports, exports, data, next, .. } = self;
        let pages = next / 65_536 + 2;
        let module = format!(
            r#"(module
  {imports}
  (import "mcpmux:plugin/types@0.2.0" "[resource-drop]document" (func $drop (param i32)))
  (import "mcpmux:plugin/types@0.2.0" "[resource-drop]definitions" (func $forget (param i32)))
  (import "mcpmux:plugin/types@0.2.0" "[method]document.get" (func $get (param i32 i32 i32 i32)))
  (import "mcpmux:plugin/types@0.2.0" "[method]document.text" (func $text (param i32 i32)))
  (import "mcpmux:plugin/types@0.2.0" "[method]document.get-many" (func $many (param i32 i32 i32 i32)))
  (import "mcpmux:plugin/types@0.2.0" "[method]definitions.get" (func $definition (param i32 i32 i32 i32 i32)))
  (import "mcpmux:plugin/log@0.2.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") {pages})
  {data}
  (global $heap (mut i32) (i32.const {next}))
  (global $count (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $heap) (i32.const 7)) (i32.const -8)))
    (global.set $heap (i32.add (local.get $at) (local.get 3)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536))))
      (drop (memory.grow (i32.add (i32.const 1) (i32.div_u (local.get 3) (i32.const 65536))))))
    (local.get $at))
  (func $sink (param i32) (result i32) (i32.add (i32.const 1) (call $sink (local.get 0))))
  (func $mood (param $what i32)
    (global.set $heap (i32.const {next}))
    (if (i32.eq (local.get $what) (i32.const 0x74)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 0x6c)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $what) (i32.const 0x6d)) (then
      (loop $more (drop (memory.grow (i32.const 16))) (br $more))))
    (if (i32.eq (local.get $what) (i32.const 0x73)) (then (drop (call $sink (local.get $what)))))
    (if (i32.eq (local.get $what) (i32.const 0x66)) (then
      (loop $again (call $log (i32.const 0) (i32.const 0) (i32.const 0)) (br $again)))))
  {exports})"#
        );
        component(&module, &self.world)
    }
}

/// Misbehaves as the letter at this place says.
pub(crate) fn moods(place: &str) -> String {
    // 100 MB of zeros, and a byte that no UTF-8 has.
    let (big, odd) = (answer(&[1, 0, 100_000_000]), answer(&[1, 8, 1]));
    format!(
        "(call $mood (i32.load8_u {place}))
         (if (i32.eq (i32.load8_u {place}) (i32.const 0x62)) (then
           (drop (memory.grow (i32.const 1600))) (br 1 {big})))
         (if (i32.eq (i32.load8_u {place}) (i32.const 0x75)) (then
           (i32.store8 (i32.const 8) (i32.const 0xff)) (br 1 {odd})))"
    )
}

/// Writes these words where answers are, and leaves the place.
pub(crate) fn answer(words: &[u32]) -> String {
    let mut text = String::new();
    for (at, word) in words.iter().enumerate() {
        let at = ANSWER + 4 * u32::try_from(at).unwrap();
        write!(text, "(i32.store (i32.const {at}) (i32.const {})) ", word.cast_signed()).unwrap();
    }
    text + &format!("(i32.const {ANSWER})")
}
