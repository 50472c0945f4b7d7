//! Keys and tokens that a vendor's prefix gives away, and JSON Web Tokens.

use super::Findings;
use super::random::is_mixed;
use crate::bytes::{before, byte, different, follows, part, precedes, span};
use crate::kind::Kind;

/// What stands after a prefix.
#[derive(Debug, Clone, Copy)]
enum Letters {
    /// Lower-case hexadecimal digits.
    Hex,
    /// Upper-case letters and digits.
    Upper,
    /// Letters and digits.
    Plain,
    /// Letters, digits, `_` and `-`.
    Url,
}

impl Letters {
    fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::Upper => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
            Self::Plain => byte.is_ascii_alphanumeric(),
            Self::Url => crate::bytes::is_word(byte),
        }
    }
}

/// The shape of a vendor's keys: prefix, kind, and letters with their least and greatest number.
type Shape = (&'static [u8], Kind, Letters, usize, usize);

/// Longer prefixes stand before those that they start with.
const SHAPES: &[Shape] = &[
    (b"AKIA", Kind::AWS, Letters::Upper, 16, 16),
    (b"ASIA", Kind::AWS, Letters::Upper, 16, 16),
    (b"ABIA", Kind::AWS, Letters::Upper, 16, 16),
    (b"ACCA", Kind::AWS, Letters::Upper, 16, 16),
    (b"AIza", Kind::GOOGLE, Letters::Url, 35, 35),
    (b"GOCSPX-", Kind::GOOGLE, Letters::Url, 24, 40),
    (b"ghp_", Kind::GITHUB, Letters::Plain, 36, 255),
    (b"gho_", Kind::GITHUB, Letters::Plain, 36, 255),
    (b"ghu_", Kind::GITHUB, Letters::Plain, 36, 255),
    (b"ghs_", Kind::GITHUB, Letters::Plain, 36, 255),
    (b"ghr_", Kind::GITHUB, Letters::Plain, 36, 255),
    (b"github_pat_", Kind::GITHUB, Letters::Url, 22, 255),
    (b"glpat-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"gldt-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"glrt-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"glptt-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"glcbt-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"glft-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"gloas-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"glsoat-", Kind::GITLAB, Letters::Url, 20, 255),
    (b"xoxa-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxb-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxe-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxo-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxp-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxr-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xoxs-", Kind::SLACK, Letters::Url, 16, 255),
    (b"xapp-", Kind::SLACK, Letters::Url, 16, 255),
    (b"sk_live_", Kind::STRIPE, Letters::Plain, 16, 255),
    (b"sk_test_", Kind::STRIPE, Letters::Plain, 16, 255),
    (b"rk_live_", Kind::STRIPE, Letters::Plain, 16, 255),
    (b"rk_test_", Kind::STRIPE, Letters::Plain, 16, 255),
    (b"whsec_", Kind::STRIPE, Letters::Plain, 24, 255),
    (b"sk-ant-", Kind::ANTHROPIC, Letters::Url, 20, 255),
    (b"sk-or-v1-", Kind::VENDOR, Letters::Hex, 40, 128),
    (b"sk-proj-", Kind::OPENAI, Letters::Url, 20, 255),
    (b"sk-svcacct-", Kind::OPENAI, Letters::Url, 20, 255),
    (b"sk-admin-", Kind::OPENAI, Letters::Url, 20, 255),
    (b"sk-", Kind::OPENAI, Letters::Plain, 20, 128),
    (b"npm_", Kind::VENDOR, Letters::Plain, 36, 36),
    (b"pypi-AgEI", Kind::VENDOR, Letters::Url, 40, 1024),
    (b"hf_", Kind::VENDOR, Letters::Plain, 30, 64),
    (b"dop_v1_", Kind::VENDOR, Letters::Hex, 64, 64),
    (b"doo_v1_", Kind::VENDOR, Letters::Hex, 64, 64),
    (b"shpat_", Kind::VENDOR, Letters::Plain, 32, 64),
    (b"shpca_", Kind::VENDOR, Letters::Plain, 32, 64),
    (b"shppa_", Kind::VENDOR, Letters::Plain, 32, 64),
    (b"shpss_", Kind::VENDOR, Letters::Plain, 32, 64),
    (b"glsa_", Kind::VENDOR, Letters::Url, 32, 128),
    (b"lin_api_", Kind::VENDOR, Letters::Plain, 32, 64),
    (b"sq0atp-", Kind::VENDOR, Letters::Url, 22, 64),
    (b"sq0csp-", Kind::VENDOR, Letters::Url, 40, 64),
    (b"dckr_pat_", Kind::VENDOR, Letters::Url, 24, 64),
    (b"xai-", Kind::VENDOR, Letters::Plain, 60, 128),
    (b"gsk_", Kind::VENDOR, Letters::Plain, 48, 64),
    (b"ATATT3xFfGF0", Kind::VENDOR, Letters::Url, 50, 512),
    (b"AGE-SECRET-KEY-1", Kind::PRIVATE_KEY, Letters::Upper, 58, 58),
];

/// Prefixes that end with a dot, and so stand before the run.
const DOTTED: &[(&[u8], Kind, usize)] = &[
    (b"SG.", Kind::VENDOR, 20),
    (b"hvs.", Kind::VENDOR, 24),
    (b"hvb.", Kind::VENDOR, 24),
    (b"ya29.", Kind::GOOGLE, 20),
    (b"xoxe.", Kind::SLACK, 20),
];

/// The bytes that prefixes start with.
const FIRST: [bool; 256] = {
    let mut first = [false; 256];
    let mut at = 0;
    #[expect(clippy::indexing_slicing, reason = "at compile time, with the bound in the condition")]
    while at < SHAPES.len() {
        first[SHAPES[at].0[0] as usize] = true;
        at += 1;
    }
    first
};

/// The least length of such a key with its prefix.
const SHORTEST: usize = 20;

/// How much may follow a token after further dots.
const LONGEST_REST: usize = 256;

/// Looks at a run of letters, digits, `_` and `-`.
pub(super) fn run(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    if end - start < SHORTEST {
        return;
    }
    if before(text, start) == b'.' {
        dotted(text, start, end, findings);
    }
    let first = byte(text, start);
    if first == b'e' && follows(text, start, b"eyJ") {
        web_token(text, start, end, findings);
    } else if FIRST.get(usize::from(first)).copied().unwrap_or(false) {
        prefixed(text, start, end, findings);
    }
}

fn prefixed(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    let whole = part(text, start, end);
    for (prefix, kind, letters, least, most) in SHAPES {
        let Some(rest) = whole.strip_prefix(*prefix) else { continue };
        let length = span(rest, 0, |byte| letters.has(byte));
        let is_whole = !byte(rest, length).is_ascii_alphanumeric();
        let secret = part(rest, 0, length);
        let is_upper = matches!(letters, Letters::Upper);
        if (*least..=*most).contains(&length)
            && is_whole
            && different(secret) >= 5
            && (is_upper || is_mixed(secret))
        {
            findings.add(*kind, start, start + prefix.len() + length);
        }
        return;
    }
}

fn dotted(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    for (prefix, kind, least) in DOTTED {
        if end - start >= *least
            && precedes(text, start, prefix)
            && is_mixed(part(text, start, end))
        {
            let begin = start - prefix.len();
            if !crate::bytes::is_word(before(text, begin)) {
                let rest = part(text, end, text.len().min(end + LONGEST_REST));
                let more = span(rest, 0, |byte| byte == b'.' || crate::bytes::is_word(byte));
                findings.add(*kind, begin, trim_dots(text, end + more));
            }
        }
    }
}

/// A header that is JSON in base64, and two parts or more that follow it after dots: signed, or encrypted.
fn web_token(text: &[u8], start: usize, end: usize, findings: &mut Findings) {
    let mut at = end;
    let mut parts = 0;
    while parts < 4 && byte(text, at) == b'.' {
        let next = span(text, at + 1, crate::bytes::is_word);
        parts += usize::from(next - at > 4);
        at = next;
    }
    if parts >= 2 || (parts == 1 && follows(text, end, b".eyJ")) {
        findings.add(Kind::JWT, start, trim_dots(text, at));
    }
}

/// Dots at the end are a sentence's.
fn trim_dots(text: &[u8], end: usize) -> usize {
    let dots = part(text, 0, end).iter().rev().take_while(|byte| **byte == b'.').count();
    end - dots
}
