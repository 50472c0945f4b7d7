//! Telling an authorization server that a login is no longer needed (RFC 7009).

use super::kept::Kept;
use super::token::{Desk, refusal};
use super::web::Trouble;
use super::{About, Deps};

/// Revokes what can be; `false`: the server does not offer it.
pub(crate) async fn revoke(deps: &Deps, about: &About, kept: &Kept) -> Result<bool, Trouble> {
    const WHAT: &str = "the revocation endpoint";
    let Some(endpoint) = &kept.revocation_endpoint else { return Ok(false) };
    let web = about.web(deps);
    let desk = Desk {
        web: &web,
        endpoint,
        issuer: kept.audience(),
        client: &kept.client,
        config: &about.config,
        vault: &*deps.vault,
    };
    let tokens = [("refresh_token", kept.refresh.as_ref()), ("access_token", Some(&kept.access))];
    for (hint, token) in tokens {
        let Some(token) = token else { continue };
        let fields = [("token", token.reveal().to_owned()), ("token_type_hint", hint.to_owned())];
        let answer = desk.post(WHAT, endpoint, &fields, (deps.clock)().wall).await?;
        if answer.status != 200 {
            return Err(refusal(WHAT, &answer));
        }
    }
    Ok(true)
}
