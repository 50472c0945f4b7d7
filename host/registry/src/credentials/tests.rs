//! Tests of where credentials come from.

use super::*;

fn source(registry: &str) -> Source {
    Source::parse(&format!("{registry}/guard:1")).unwrap()
}

fn basic(user: &str, password: &str) -> Credentials {
    Credentials::Basic { user: user.to_owned(), password: Secret::new(password.to_owned()) }
}

/// What is found for a registry with this `config.json` and these variables.
fn find(registry: &str, file: Option<&str>, set: &[(&str, &str)]) -> Result<Credentials, String> {
    let folder = tempfile::tempdir().unwrap();
    if let Some(text) = file {
        fs::write(folder.path().join("config.json"), text).unwrap();
    }
    let variable = |name: &str| match name {
        "DOCKER_CONFIG" => Some(folder.path().to_str().unwrap().to_owned()),
        _ => set.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()),
    };
    Credentials::find(&source(registry), &variable).map_err(|error| error.to_string())
}

#[test]
fn docker_login_is_taken_up() {
    // "me:se:cret"
    let file = r#"{"auths": {"https://index.docker.io/v1/": {"auth": "aHViOnB3"}, "ghcr.io": {"auth": "bWU6c2U6Y3JldA=="}}}"#;
    assert_eq!(find("ghcr.io", Some(file), &[]), Ok(basic("me", "se:cret")));
    assert_eq!(find("docker.io", Some(file), &[]), Ok(basic("hub", "pw")));
    assert_eq!(find("quay.io", Some(file), &[]), Ok(Credentials::None(None)));
    assert_eq!(find("ghcr.io", None, &[]), Ok(Credentials::None(None)));
}

#[test]
fn the_environment_comes_first_and_is_whole() {
    let file = r#"{"auths": {"ghcr.io": {"auth": "bWU6c2U6Y3JldA=="}}}"#;
    assert_eq!(
        find("ghcr.io", Some(file), &[(USER, "you"), (PASSWORD, "pw")]),
        Ok(basic("you", "pw"))
    );
    let error = find("ghcr.io", Some(file), &[(USER, "you")]).unwrap_err();
    assert!(
        error.contains("MCPMUX_REGISTRY_USER is set, and MCPMUX_REGISTRY_PASSWORD is not"),
        "{error}"
    );
}

#[test]
fn a_helper_is_named_because_it_is_not_asked() {
    let file = r#"{"auths": {"ghcr.io": {}}, "credsStore": "desktop", "credHelpers": {"gcr.io": "gcloud"}}"#;
    for (registry, helper) in [("ghcr.io", "desktop"), ("gcr.io", "gcloud")] {
        let found = find(registry, Some(file), &[]).unwrap();
        let why = format!(
            "what the credential helper `{helper}` keeps for {registry} cannot be asked for"
        );
        assert_eq!(found, Credentials::None(Some(why)));
    }
}

#[test]
fn a_broken_file_is_an_error_that_shows_no_secret() {
    for file in
        [r#"{"auths": {"ghcr.io": {"auth": "s3cr3t!"}}}"#, r#"{"auths": "s3cr3t"}"#, "s3cr3t"]
    {
        let error = find("ghcr.io", Some(file), &[]).unwrap_err();
        assert!(error.contains("config.json cannot be used for credentials"), "{error}");
        assert!(!error.contains("s3cr3t"), "{error}");
    }
}

#[test]
fn no_secret_is_printed() {
    assert!(!format!("{:?}", basic("me", "s3cr3t")).contains("s3cr3t"));
}
