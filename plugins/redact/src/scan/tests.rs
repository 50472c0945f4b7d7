//! Tables of what must be found, whole, and of what must not.

use super::{Findings, scan};
use crate::kind::Kinds;

/// What is found in a text, as `kind value`.
fn found(text: &str) -> Vec<String> {
    let mut findings = Findings::new(Kinds::named("all").unwrap());
    scan(text.as_bytes(), &mut findings);
    findings.settle();
    let name = |finding: &super::Finding| {
        format!(
            "{} {}",
            finding.kind.name().unwrap(),
            text.get(finding.start..finding.end).unwrap()
        )
    };
    findings.list.iter().map(name).collect()
}

/// Each text holds one thing, between `«` and `»`; both are taken out first.
#[track_caller]
fn must_find(kind: &str, texts: &[&str]) {
    for marked in texts {
        let (before, rest) = marked.split_once('«').unwrap();
        let (secret, after) = rest.split_once('»').unwrap();
        let text = format!("{before}{secret}{after}");
        assert_eq!(found(&text), [format!("{kind} {secret}")], "{text}");
    }
}

#[track_caller]
fn must_not_find(texts: &[&str]) {
    for text in texts {
        assert_eq!(found(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn keys_of_vendors() {
    must_find(
        "aws-key",
        &[
            "«AKIAIOSFODNN7EXAMPLE»",
            "id: «ASIAQWERTYUIOP234567», region: x",
            r"a\n«AKIAIOSFODNN7EXAMPLE»\n",
            "k%3D«AKIAIOSFODNN7EXAMPLE»&x",
            r"\u003d«AKIAIOSFODNN7EXAMPLE»",
        ],
    );
    must_find(
        "google-key",
        &[
            "https://maps/api?key=«AIzaSyD-9tSrke72PouQMnMX-a7eZSW0jkFMBWY»&x=1",
            "«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»",
            "use «ya29.a0AfH6SMBx-1234567890abcdefGHIJ».",
        ],
    );
    must_find(
        "github-token",
        &[
            "«ghp_16C7e42F292c6912E7710c838347Ae178B4a»",
            "https://x.y/«gho_16C7e42F292c6912E7710c838347Ae178B4a».",
            "«github_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuVwXyZ0123456789»",
        ],
    );
    must_find("gitlab-token", &["«glpat-a1B2c3D4e5F6g7H8i9J0»", "(«glrt-a1B2c3D4e5F6_7H8i9J0»)"]);
    must_find(
        "slack-token",
        &[
            "«xoxb-123456789012-1234567890123-a1B2c3D4e5F6g7H8i9J0k1L2»",
            "https://hooks.slack.com/«services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX»",
        ],
    );
    must_find(
        "stripe-key",
        &["«sk_live_4eC39HqLyjWDarjtT1zdp7dc»", "«rk_test_4eC39HqLyjWDarjtT1zdp7dc»"],
    );
    must_find("anthropic-key", &["«sk-ant-api03-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6»"]);
    must_find(
        "openai-key",
        &[
            "«sk-proj-a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6»",
            "«sk-a1B2c3D4e5F6g7H8i9J0T3BlbkFJa1B2c3D4e5F6»",
        ],
    );
    must_find(
        "vendor-token",
        &[
            "«npm_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8»",
            "«hf_a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7»",
            "«SG.a1B2c3D4e5F6g7H8i9J0kL.a1B2c3D4e5F6g7H8i9J0a1B2c3D4e5F6g7H8i9J0abc»",
            "«hvs.CAESIJ1a2B3c4D5e6F7g8H9i0J»",
            "«dop_v1_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef»",
            "«shpat_0123456789abcdef0123456789abcdef»",
        ],
    );
    must_not_find(&[
        "AKIAIOSFODNN7EXAMPL",
        "AKIAIOSFODNN7EXAMPLE2",
        "AKIAXXXXXXXXXXXXXXXX",
        "myAKIAIOSFODNN7EXAMPLE",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "ghp_short1",
        "class=\"sk-loading-spinner-container sk-cube-grid\"",
        "sk-thisisaverylongidentifier",
        "sk_live_...",
        "xoxb-your-token-goes-here",
        "npm_config_registry_and_some_more_of_it_here",
        "the glpat- prefix",
    ]);
}

#[test]
fn web_tokens() {
    let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
    must_find(
        "jwt",
        &[
            &format!("«{token}»"),
            &format!("see «{token}». Then"),
            "«eyJhbGciOiJub25lIn0123456.eyJzdWIiOiIxMjM0NTY3ODkwIn0».",
            "«eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZ.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZodetZdvT»",
        ],
    );
    must_not_find(&["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJhbGciOiJIUzI1NiJ9.x.y", "a.eyJ.b"]);
}

#[test]
fn private_keys() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj";
    must_find(
        "private-key",
        &[
            &format!(
                "a\n«-----BEGIN PRIVATE KEY-----\n{body}\n{body}\n-----END PRIVATE KEY-----»\nb"
            ),
            &format!(
                "«-----BEGIN RSA PRIVATE KEY-----\\n{body}\\n-----END RSA PRIVATE KEY-----»\\n"
            ),
            &format!(
                "«-----BEGIN OPENSSH PRIVATE KEY-----\n{body}\n-----END OPENSSH PRIVATE KEY-----»"
            ),
            &format!(
                "«-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{body}\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----»"
            ),
            &format!("«-----BEGIN EC PRIVATE KEY-----\n{body}\n{body}»\n\nAnd then: nothing"),
            &format!("«-----BEGIN EC PRIVATE KEY-----\n{body}\n{body}\nMIIEvQIBADAN»"),
        ],
    );
    must_not_find(&[
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "the line `-----BEGIN PRIVATE KEY-----` starts it",
        &format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----"),
        &format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"),
    ]);
}

#[test]
fn passwords_in_urls() {
    must_find(
        "url-password",
        &[
            "postgres://app:«s3cr3t»@db.internal:5432/app",
            "DATABASE_URL=mysql://root:«p@ss»@localhost/x",
            "https://me:«hunter2»@example.com/path?a=b",
            "redis://:«foobared»@127.0.0.1:6379",
        ],
    );
    must_not_find(&[
        "https://example.com:8080/@scope/pkg",
        "https://user@example.com/",
        "postgres://${USER}:${PASSWORD}@host/db",
        "https://<user>:<password>@host/",
        "http://localhost:3000/a@b",
        "http://[::1]:8080/",
        "see https://a.b: then me@there",
    ]);
}

#[test]
fn values_beside_telling_words() {
    must_find(
        "secret",
        &[
            "API_KEY=«9f8c7d6e5b4a39281706f5e4d3c2b1a0»",
            "export AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY»",
            r#"{"client_secret": "«a8Xk-29fLq_77Zp0wRt5»"}"#,
            r#"{\"password\":\"«Tr0ub4dor&3»\"}"#,
            "password: «Tr0ub4dor&3»",
            "PASSWORD=«hunter2»",
            "const apiKey = '«a8Xk29fLqp77Zp0wRt5x»';",
            "x-api-key: «a8Xk29fLqp77Zp0wRt5x»",
            "curl --token «a8Xk29fLqp77Zp0wRt5x» https://x",
            "https://x.y/cb?access_token=«a8Xk29fLqp77Zp0wRt5x»&state=1",
            "AccountKey=«Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq==»;Endpoint",
            "api_key: «550e8400-e29b-41d4-a716-446655440000»",
            "spring.datasource.password=«xK9#mPq2»",
            "token := \"«a8Xk29fLqp77Zp0wRt5x»\"",
            "refreshToken => \"«a8Xk29fLqp77Zp0wRt5x»\"",
            "The secret: «a8Xk29fLqp77Zp0wRt5x».",
        ],
    );
    must_find(
        "authorization",
        &[
            "Authorization: Bearer «a8Xk29fLqp77Zp0wRt5x»",
            "authorization: Basic «dXNlcjpwYXNz»",
            "-H 'Authorization: token «a8Xk29fLqp77Zp0wRt5x»'",
            "send `Bearer «a8Xk.29fLqp-77Zp0wRt5x»` then",
        ],
    );
    must_not_find(&[
        "next_page_token: CAUQAAa8Xk29fLqp77Zp0wRt5x",
        "\"nextPageToken\": \"a8Xk29fLqp77Zp0wRt5x\"",
        "progressToken=a8Xk29fLqp77Zp0wRt5x",
        "token_type: a8Xk29fLqp77Zp0wRt5x",
        "secret_name = \"a8Xk29fLqp77Zp0wRt5x\"",
        "max_tokens: 4096",
        "token = getTokenFromHeader2(request)",
        "let token = parser.next_token2(Some(x));",
        "password = config.database.password;",
        "const secret = process.env.CLIENT_SECRET_KEY_2;",
        "password: changeme",
        "password: string,",
        "\"password\": \"required\"",
        "PASSWORD=${DB_PASSWORD_1}",
        "password=$DB_PASSWORD1",
        "api_key: <your-api-key-1234567890>",
        "token: ********************",
        "token: [redacted:secret:1a2b3c4d]",
        "secret: /etc/secrets/tls2/key_a8Xk29fLqp77.pem",
        "if token == null {",
        "a token is 9f8c7d6e5b4a39281706f5e4d3c2b1a0",
        "public_key: a8Xk29fLqp77Zp0wRt5x",
        "primary_key: a8Xk29fLqp77Zp0wRt5x",
        "fn token(secret: &SecretString2) -> Token;",
        "bearer of bad news and 2many-long-words-to-count",
    ]);
}

#[test]
fn cards_and_accounts() {
    must_find(
        "card",
        &[
            "«4111111111111111»",
            "card «4111 1111 1111 1111», exp 12/30",
            "«5555-5555-5555-4444».",
            "«378282246310005» and",
            "«3782 822463 10005»",
            "«30569309025904»",
            "«6011111111111117»",
            "«2223003122003222»",
            "\"«3530111333300000»\"",
        ],
    );
    must_find(
        "iban",
        &[
            "«DE89370400440532013000»",
            "IBAN: «DE89 3704 0044 0532 0130 00».",
            "«GB29NWBK60161331926819»,",
            "«NO9386011117947»",
            "«FR14 2004 1010 0505 0001 3M02 606» x",
        ],
    );
    must_not_find(&[
        "4111111111111112",
        "4111 1111 1111 1112",
        "0.4111111111111111",
        "4111111111111111.5",
        "14111111111111111",
        "x4111111111111111",
        "{\"id\": 4111111111111111}",
        "1700000000000 1732200000123456",
        "0000000000000000",
        "9007199254740993",
        "4111 1111 1111 1111 1111",
        "DE89370400440532013001",
        "XX89370400440532013000",
        "DE8937040044053201300",
        "DE89370400440532013000X",
    ]);
}

#[test]
fn people() {
    must_find(
        "email",
        &[
            "«jane.doe+news@mail.example.co.uk»",
            "mailto:«a@b.io».",
            "<«x_1@example.com»>,",
            r"line\n«jane@example.com»\n",
            "By «o'neil@example.org»: hello",
        ],
    );
    must_find("ssn", &["«123-45-6789»", "ssn: «001-01-0001»."]);
    must_find(
        "phone",
        &[
            "«+49 30 1234567»",
            "call «+1 (212) 555-0123» now",
            "«+442071838750»,",
            "«(212) 555-0123»",
            "tel «212-555-0123».",
            r"a\n«+49 151 23456789»\n",
        ],
    );
    must_not_find(&[
        "@types/node",
        "@app.route('/x')",
        "git@github.com:org/repo.git",
        "user@host",
        "me@1.2.3.4",
        "icon@2x.png",
        "image@sha256:0123456789abcdef",
        "a@b..com",
        "pkg@1.2.3",
        "000-12-3456",
        "666-12-3456",
        "900-12-3456",
        "123-00-4567",
        "123-45-0000",
        "078-05-1120",
        "1123-45-6789",
        "2024-01-02",
        "123-45-6789-1",
        "112-555-0123",
        "UTC+0100",
        "1+4920123456789",
        "+12345",
        "@@ -1,3 +1234,8 @@",
        "978-3-16-148410-0",
        "(123) 456-7890",
    ]);
}

#[test]
fn what_only_looks_odd_is_left_alone() {
    must_not_find(&[
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "commit 970c611a8b264e9f1bf1e5bf46ea73a7a7a21b54",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "d41d8cd98f00b204e9800998ecf8427e  empty.txt",
        "550e8400-e29b-41d4-a716-446655440000",
        "\"id\": \"6f9619ff-8b86-d011-b42d-00c04fc964ff\"",
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
        "integrity sha512-Xk29fLqp77Zp0wRt5xa8Xk29fLqp77Zp0wRt5xa8Xk29fLqp77Zp0wRt5xa8Xk29fLqp77==",
        "18446744073709551615 3.141592653589793238462643383279",
        "1234567890123456789012345678901234567890",
        "fn main() { let x: HashMap<String, Vec<u8>> = HashMap::new(); }",
        "https://example.com/a/b-c_d?e=f&g=h#i",
        "SELECT * FROM users WHERE id = 'abc123def456' AND t > '2024-01-01T00:00:00.000Z';",
        "arn:aws:iam::123456789012:role/service-role/x",
        "12:34:56.789 [main] INFO c.e.S - Started in 2.345 seconds (JVM running for 3.1)",
        "AAAAB3NzaC1yc2EAAAADAQABAAABgQC7VJTUt9Us8cKj",
        "",
        "é — “quotes” 日本語 🙂",
    ]);
}
