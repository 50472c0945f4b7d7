//! The layout of a component in a registry: an OCI image manifest with one layer, and a configuration that says what
//! the component imports and exports.
//!
//! It is that of the CNCF's TAG Runtime, "Wasm OCI Artifact layout", which `wkg` writes and reads too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::Digest;

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const CONFIG: &str = "application/vnd.wasm.config.v0+json";
pub(crate) const LAYER: &str = "application/wasm";

/// OCI's annotation keys for what we say of a component.
pub(crate) const TITLE: &str = "org.opencontainers.image.title";
pub(crate) const VERSION: &str = "org.opencontainers.image.version";
pub(crate) const DESCRIPTION: &str = "org.opencontainers.image.description";

/// A manifest, with the members that are needed; others are passed over.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Manifest {
    pub(crate) schema_version: u8,
    /// Some registries leave it out.
    #[serde(default)]
    pub(crate) media_type: Option<String>,
    pub(crate) config: Descriptor,
    pub(crate) layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) annotations: BTreeMap<String, String>,
}

/// What points to a blob.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    pub(crate) media_type: String,
    pub(crate) digest: String,
    pub(crate) size: u64,
}

impl Descriptor {
    pub(crate) fn of(media_type: &str, bytes: &[u8]) -> Self {
        let digest = Digest::of(bytes).to_string();
        Self { media_type: media_type.to_owned(), digest, size: bytes.len() as u64 }
    }
}

/// The configuration of a component.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Config<'a> {
    /// Others want a time; ours is always the same, so that the same component gets the same digest again.
    created: &'static str,
    architecture: &'static str,
    os: &'static str,
    layer_digests: [&'a str; 1],
    component: Interfaces<'a>,
}

#[derive(Debug, Serialize)]
struct Interfaces<'a> {
    exports: &'a [String],
    imports: &'a [String],
}

impl<'a> Config<'a> {
    pub(crate) const fn of(
        layer: &'a Descriptor,
        imports: &'a [String],
        exports: &'a [String],
    ) -> Self {
        Self {
            created: "1970-01-01T00:00:00Z",
            architecture: "wasm",
            os: "wasip2",
            layer_digests: [layer.digest.as_str()],
            component: Interfaces { exports, imports },
        }
    }
}

/// The one layer of a manifest.
///
/// # Errors
/// What it is instead of a component, in words.
pub(crate) fn layer(manifest: &[u8]) -> Result<(Descriptor, BTreeMap<String, String>), String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Kind {
        media_type: Option<String>,
        manifests: Option<serde_json::Value>,
    }
    let kind: Kind = serde_json::from_slice(manifest)
        .map_err(|error| format!("its manifest is not understood: {error}"))?;
    if kind.manifests.is_some() {
        return Err("it is a list of images for several platforms".to_owned());
    }
    if let Some(other) = kind.media_type.filter(|media_type| media_type != MANIFEST) {
        return Err(format!("its manifest is of type `{}`", other.escape_debug()));
    }
    let manifest: Manifest = serde_json::from_slice(manifest)
        .map_err(|error| format!("its manifest is not understood: {error}"))?;
    if manifest.config.media_type != CONFIG {
        let other = manifest.config.media_type.escape_debug();
        return Err(format!("its configuration is of type `{other}`, not `{CONFIG}`"));
    }
    match <[Descriptor; 1]>::try_from(manifest.layers) {
        Ok([layer]) if layer.media_type == LAYER => Ok((layer, manifest.annotations)),
        Ok([layer]) => Err(format!(
            "its layer is of type `{}`, not `{LAYER}`",
            layer.media_type.escape_debug()
        )),
        Err(layers) => Err(format!("it has {} layers, a component has one", layers.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_refused(manifest: &serde_json::Value, expected: &str) {
        let error = layer(manifest.to_string().as_bytes()).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }

    fn manifest(config: &str, layers: &[&str]) -> serde_json::Value {
        let descriptor =
            |kind: &str| serde_json::json!({ "mediaType": kind, "digest": "sha256:00", "size": 1 });
        serde_json::json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(config),
            "layers": layers.iter().map(|kind| descriptor(kind)).collect::<Vec<_>>(),
        })
    }

    #[test]
    fn what_is_no_component_is_said() {
        let image = "application/vnd.oci.image.config.v1+json";
        check_refused(&manifest(image, &[LAYER]), "its configuration is of type");
        check_refused(
            &manifest(CONFIG, &["application/gzip"]),
            "its layer is of type `application/gzip`",
        );
        check_refused(&manifest(CONFIG, &[LAYER, LAYER]), "it has 2 layers");
        check_refused(&manifest(CONFIG, &[]), "it has 0 layers");
        check_refused(&serde_json::json!({ "manifests": [] }), "several platforms");
        check_refused(&serde_json::json!({ "schemaVersion": 2 }), "not understood");
        check_refused(&serde_json::json!({ "mediaType": "x/y" }), "its manifest is of type `x/y`");
        layer(manifest(CONFIG, &[LAYER]).to_string().as_bytes()).unwrap();
    }
}
