//! What a plugin wants against what it is granted: what is missing, with the line to write, and what is idle.

use crate::description::Want;
use crate::grants::Grants;
use crate::refusal::Refusal;

/// All rights that a plugin cannot do without: those it says, and those that its imports need but it does not
/// mention.
pub(crate) fn all(described: &[Want], imported: &[&str]) -> Vec<Want> {
    let mut wants = described.to_vec();
    for grant in imported {
        let mentioned = |want: &Want| kind(&want.grant) == *grant;
        if !described.iter().any(mentioned) {
            wants.push(Want { grant: (*grant).to_owned(), why: String::new() });
        }
    }
    wants
}

/// Whether each of them is a right that can be granted, and is granted.
pub(crate) fn check(wants: &[Want], grants: &Grants, written: &[String]) -> Result<(), Refusal> {
    for want in wants.iter().filter(|want| example(&want.grant) == want.grant) {
        Grants::parse(std::slice::from_ref(&want.grant)).map_err(|why| {
            Refusal::Description(format!("it wants what cannot be granted: {why}"))
        })?;
    }
    let missing = wants.iter().filter(|want| !grants.covers(&want.grant));
    let lacking = |want: &Want| Want { grant: example(&want.grant), why: want.why.clone() };
    let missing: Vec<_> = missing.map(lacking).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Refusal::NotGranted { missing, granted: written.to_vec() })
}

/// What an operator should know about grants that are all in order: those that nothing is wanted of.
pub(crate) fn remarks(wants: &[Want], written: &[String]) -> Vec<String> {
    let idle = |grant: &&String| {
        let alone = Grants::parse(std::slice::from_ref(*grant));
        !alone.is_ok_and(|alone| wants.iter().any(|want| alone.covers(&want.grant)))
    };
    let remark = |grant: &String| match grant.as_str() {
        "log" => "`log` needs no grant; remove it".to_owned(),
        grant => format!("it has the grant `{grant}` but never asks for it; remove it"),
    };
    written.iter().filter(idle).map(remark).collect()
}

/// A right as it would be written in `grant`, with a place to fill in what the plugin leaves to the operator.
fn example(grant: &str) -> String {
    match grant {
        "http" => "http:HOST".to_owned(),
        "secrets" => "secrets:NAME".to_owned(),
        "exec" => "exec:PROGRAM ARGUMENTS".to_owned(),
        whole => whole.to_owned(),
    }
}

fn kind(grant: &str) -> &str {
    grant.split_once(':').map_or(grant, |(kind, _)| kind)
}
