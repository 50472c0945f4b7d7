//! The keys of `auth`; which of them go with which `type` is `build::auth`'s.

use super::{Key, Kind, Table, seconds};

pub(crate) static AUTH: Table = Table {
    keys: &[
        Key::new(
            "type",
            Kind::Word(&["bearer", "header", "command", "plugin", "oauth"]),
            "type = \"bearer\"",
            "How to authenticate: with a `token`, with the header `name` and its `value`, with what a `command` \
             prints, with what a `plugin` fetches, or with a login at an authorization server (`\"oauth\"`).",
        )
        .required(),
        Key::new(
            "token",
            Kind::Secret,
            "token = \"${TOKEN}\"",
            "`bearer`: the token after `Authorization: Bearer`. It is never shown.",
        ),
        Key::new("name", Kind::Text, "name = \"X-Api-Key\"", "`header`: the header's name."),
        Key::new(
            "value",
            Kind::Secret,
            "value = \"${API_KEY}\"",
            "`header`: the header's value. It is never shown.",
        ),
        Key::new(
            "command",
            Kind::List(1),
            "command = [\"gh\", \"auth\", \"token\"]",
            "`command`: a program and its arguments, run without a shell. It prints a token, or JSON: \
             `{\"headers\": {..}, \"expires_at\": \"2026-01-31T12:00:00Z\"}`. It has 10 seconds and the environment of \
             `passphrase_command` in `[vault]`, is run again shortly before what it printed expires (a JWT says when) and \
             when the backend refuses it (401 or 403).",
        ),
        Key::new(
            "ttl",
            seconds(1, 30 * 86_400),
            "ttl = \"15m\"",
            "`command`: how long a token holds that does not say it itself.",
        )
        .means("until it is refused"),
        Key::new(
            "plugin",
            Kind::Text,
            "plugin = \"vault\"",
            "`plugin`: the name of the plugin in `[[plugins]]` whose `credentials` hook says which headers to send.",
        ),
        Key::new(
            "grant",
            Kind::Word(&["authorization_code", "client_credentials", "enterprise"]),
            "grant = \"client_credentials\"",
            "`oauth`: a person logs in (`authorization_code`), the client acts for itself (`client_credentials`), or an \
             enterprise's identity provider vouches for the person (`enterprise`).",
        )
        .or("\"authorization_code\""),
        Key::new(
            "scopes",
            Kind::List(0),
            "scopes = [\"read\"]",
            "`oauth`: the scopes to ask for. More are asked for when the backend wants more.",
        )
        .means("what the backend says"),
        Key::new(
            "client_id",
            Kind::Text,
            "client_id = \"mcpmux\"",
            "`oauth`: the client that you registered at the authorization server.",
        )
        .means("a metadata document or automatic registration"),
        Key::new(
            "client_secret",
            Kind::Secret,
            "client_secret = \"${CLIENT_SECRET}\"",
            "`oauth`: that client's secret. It is never shown.",
        ),
        Key::new(
            "client_secret_command",
            Kind::List(1),
            "client_secret_command = [\"pass\", \"show\", \"mcpmux\"]",
            "`oauth`: a program that prints that client's secret.",
        ),
        Key::new(
            "client_key",
            Kind::Path,
            "client_key = \"client.pem\"",
            "`oauth`: a PEM file (PKCS #8) with that client's private key, P-256 or RSA, which signs in the place of a \
             secret (`private_key_jwt`). Nobody but its owner may read or write it.",
        ),
        Key::new(
            "client_metadata_url",
            Kind::Text,
            "client_metadata_url = \"https://example.com/mcpmux.json\"",
            "`oauth`: where you publish a client metadata document, which is then the client's id at servers that read \
             such. Its `redirect_uris` need `http://127.0.0.1/callback`.",
        ),
        Key::new(
            "issuer",
            Kind::Text,
            "issuer = \"https://login.example.com\"",
            "`oauth`: the only authorization server that is talked to, as it calls itself. `client_credentials` and \
             `enterprise` need it.",
        )
        .means("the first that the backend names"),
        Key::new(
            "allow_issuer_mismatch",
            Kind::Bool,
            "allow_issuer_mismatch = true",
            "`oauth`: takes a server that calls itself another issuer than the backend does. Only for servers that \
             cannot be mended: it lets one server stand in for another.",
        )
        .or("false"),
        Key::new(
            "client_name",
            Kind::Text,
            "client_name = \"mcpmux at work\"",
            "`oauth`: what people read where they log in.",
        )
        .or("\"mcpmux\""),
        Key::new(
            "open_browser",
            Kind::Bool,
            "open_browser = false",
            "`oauth`: whether `mcpmux serve` opens a browser when a login is needed; `mcpmux auth login` does always.",
        )
        .or("true"),
        Key::new(
            "callback_port",
            Kind::Count(1, 65_535),
            "callback_port = 8085",
            "`oauth`: the port on 127.0.0.1 that the browser comes back to, for servers that compare it.",
        )
        .means("a free one"),
        Key::new(
            "identity_token_endpoint",
            Kind::Text,
            "identity_token_endpoint = \"https://idp.example.com/token\"",
            "`oauth`, `enterprise`: the identity provider's token endpoint.",
        ),
        Key::new(
            "identity_client_id",
            Kind::Text,
            "identity_client_id = \"mcpmux\"",
            "`oauth`, `enterprise`: the client at the identity provider.",
        ),
        Key::new(
            "identity_client_secret",
            Kind::Secret,
            "identity_client_secret = \"${IDP_SECRET}\"",
            "`oauth`, `enterprise`: its secret there. It is never shown.",
        ),
        Key::new(
            "identity_command",
            Kind::List(1),
            "identity_command = [\"cat\", \"id-token\"]",
            "`oauth`, `enterprise`: a program that prints the person's ID token.",
        ),
    ],
    one_of: &[],
};
