//! Draws inputs: mostly right ones with odd corners, then a few bytes changed; the same for the same seed.

/// A source of inputs.
pub struct Draw(fastrand::Rng);

const STRINGS: [&str; 14] = [
    "name",
    "_meta",
    "id",
    "method",
    "params",
    "a",
    "",
    "é",
    "日本",
    "a\\\"b",
    "\\u00e9\\n",
    "\\ud83d\\ude00",
    "\\u006eame",
    "\\/",
];
const NUMBERS: [&str; 12] = [
    "0",
    "-1",
    "7",
    "1.0",
    "1.50",
    "-0.0",
    "1e400",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.123456789012",
    "-32000.0",
    "1E+2",
];
const FIELDS: [&str; 9] =
    ["data", "data:", "data: ", "event: ", "id: ", "retry: ", ":", "x: ", "data:  "];
const LINE_ENDS: [&str; 4] = ["\n", "\r\n", "\r", "\n\n"];
const ODD: [&[u8]; 16] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\n",
    b"\r",
    b"\0",
    b"\xff",
    b"\xef\xbb\xbf",
    b" ",
    b"\"id\":1,",
    b"=?base64?",
];

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }

    /// One of these.
    fn one<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.0.usize(..from.len())]
    }

    /// Whether something happens that happens once in `times`.
    fn rarely(&mut self, times: u32) -> bool {
        self.0.u32(..times) == 0
    }

    fn space(&mut self, out: &mut Vec<u8>) {
        if self.rarely(8) {
            out.extend_from_slice(self.one(&[" ", "\n", "\t", "\r\n "]).as_bytes());
        }
    }

    fn string(&mut self, out: &mut Vec<u8>) {
        out.push(b'"');
        out.extend_from_slice(self.one(&STRINGS).as_bytes());
        out.push(b'"');
    }

    /// Any JSON value, at most `deep` levels deep.
    fn value(&mut self, deep: u32, out: &mut Vec<u8>) {
        self.space(out);
        match self.0.u32(..if deep == 0 { 6 } else { 8 }) {
            0 | 1 => self.string(out),
            2 | 3 => out.extend_from_slice(self.one(&NUMBERS).as_bytes()),
            4 => out.extend_from_slice(self.one(&["true", "false"]).as_bytes()),
            5 => out.extend_from_slice(b"null"),
            6 => {
                out.push(b'[');
                for at in 0..self.0.u32(..4) {
                    if at > 0 {
                        out.push(b',');
                    }
                    self.value(deep - 1, out);
                }
                out.push(b']');
            }
            _ => self.members(deep - 1, out),
        }
        self.space(out);
    }

    fn members(&mut self, deep: u32, out: &mut Vec<u8>) {
        out.push(b'{');
        for at in 0..self.0.u32(..5) {
            if at > 0 {
                out.push(b',');
            }
            self.space(out);
            if self.rarely(3) {
                self.string(out);
            } else {
                // Mostly distinct, so that most objects are read.
                out.extend_from_slice(format!("\"k{at}\"").as_bytes());
            }
            self.space(out);
            out.push(b':');
            self.value(deep, out);
        }
        out.push(b'}');
    }

    /// An object, or now and then another value, or one that is nested deeply.
    pub fn object(&mut self, out: &mut Vec<u8>) {
        if self.rarely(2000) {
            let depth = self.0.usize(100..140);
            out.extend(std::iter::repeat_n(b'[', depth));
            out.extend(std::iter::repeat_n(b']', depth));
        } else if self.rarely(10) {
            self.value(2, out);
        } else {
            self.space(out);
            self.members(2, out);
        }
    }

    /// A JSON-RPC message: its members in any order, now and then one too many or too few.
    pub fn message(&mut self, out: &mut Vec<u8>) {
        if self.rarely(50) {
            out.extend_from_slice(b"\xef\xbb\xbf");
        }
        let mut members: Vec<&str> = match self.0.u32(..8) {
            0..3 => vec!["id", "method", "params"],
            3..5 => vec!["method", "params"],
            5 => vec!["id", "result"],
            6 => vec!["id", "error"],
            _ => vec!["id", "method", "result", "x"],
        };
        members.push("jsonrpc");
        self.0.shuffle(&mut members);
        if self.rarely(12) {
            members.push(self.one(&["id", "jsonrpc", "extra", "params", "error"]));
        }
        if self.rarely(12) {
            members.pop();
        }
        out.push(b'{');
        for (at, member) in members.into_iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.space(out);
            out.extend_from_slice(format!("\"{member}\":").as_bytes());
            match member {
                "jsonrpc" => out.extend_from_slice(b"\"2.0\""),
                "method" if !self.rarely(12) => self.string(out),
                "id" if !self.rarely(12) => {
                    if self.rarely(2) {
                        self.string(out);
                    } else {
                        out.extend_from_slice(self.one(&NUMBERS).as_bytes());
                    }
                }
                _ => self.value(2, out),
            }
        }
        out.push(b'}');
        self.space(out);
    }

    /// How a stream is cut and bounded: what the laws of streams read first.
    pub fn cuts(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.0.u8(..), self.0.u8(..), self.0.u8(..)]);
    }

    /// Lines of a stream of events.
    pub fn events(&mut self, out: &mut Vec<u8>) {
        if self.rarely(10) {
            out.extend_from_slice(b"\xef\xbb\xbf");
        }
        for _ in 0..self.0.u32(..12) {
            if !self.rarely(3) {
                out.extend_from_slice(self.one(&FIELDS).as_bytes());
                out.extend_from_slice(
                    self.one(&["", "12", "{\"a\":1}", "é", "message", "+1"]).as_bytes(),
                );
            }
            out.extend_from_slice(self.one(&LINE_ENDS).as_bytes());
        }
    }

    /// Lines of a stream of messages.
    pub fn lines(&mut self, out: &mut Vec<u8>) {
        for _ in 0..self.0.u32(..8) {
            out.extend_from_slice(
                self.one(&["", " ", "{}", "{\"a\":1}", "é  ", "0123456789012"]).as_bytes(),
            );
            out.extend_from_slice(self.one(&LINE_ENDS).as_bytes());
        }
    }

    /// A value for a header.
    pub fn header(&mut self, out: &mut Vec<u8>) {
        for _ in 0..self.0.u32(..4) {
            let part = self.one(&[
                "files__read",
                "=?base64?",
                "?=",
                "ä",
                " ",
                "\r\n",
                "日本",
                "YQ==",
                "x: y",
                "\t",
                "",
                "\u{a0}",
            ]);
            out.extend_from_slice(part.as_bytes());
        }
    }

    /// Changes a few bytes, in half of the inputs.
    pub fn mutations(&mut self, out: &mut Vec<u8>) {
        if self.rarely(2) {
            return;
        }
        for _ in 0..=self.0.u32(..3) {
            let at = self.0.usize(..=out.len());
            match self.0.u32(..4) {
                0 => {
                    let odd = self.one(&ODD);
                    out.splice(at..at, odd.iter().copied());
                }
                1 => out.truncate(at.max(out.len() / 2)),
                2 if at < out.len() => out[at] = self.0.u8(..),
                3 if at < out.len() => {
                    out.remove(at);
                }
                _ => {}
            }
        }
    }
}
