//! Storing a component: layer, configuration, manifest, in this order, so that a manifest never points to nothing.

use std::collections::BTreeMap;

use http::HeaderValue;
use oci_client::{Client, RegistryOperation};

use crate::SIZE_LIMIT;
use crate::access::Access;
use crate::artifact::{self, Config, Descriptor, Manifest};
use crate::digest::Digest;
use crate::error::Error;
use crate::source::Source;

/// What is said of a component beside its bytes; whoever calls has read it from them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The names of the interfaces that it imports.
    pub imports: Vec<String>,
    /// The names of those that it exports.
    pub exports: Vec<String>,
    /// What it calls itself.
    pub id: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it does, in a line.
    pub summary: Option<String>,
}

/// What is in the registry now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The digest of the manifest: what the tag stands for now.
    pub manifest: Digest,
    /// The digest of the component itself.
    pub component: Digest,
    /// Its size in bytes.
    pub size: u64,
}

/// Stores a component under the tag of `source`; a tag that is there already stands for this one then. The same
/// component with the same contents always gets the same digests.
///
/// # Errors
/// If `source` names no tag; if the registry cannot be reached or refuses; if the component is larger than [`SIZE_LIMIT`].
pub async fn push(
    source: &Source,
    access: &Access,
    component: Vec<u8>,
    contents: &Contents,
) -> Result<Pushed, Error> {
    if source.digest().is_some() || source.tag().is_none() {
        return Err(Error::NoTag(source.clone()));
    }
    let size = component.len() as u64;
    if size > SIZE_LIMIT {
        return Err(Error::TooLarge { what: "the component".to_owned(), size });
    }
    let layer = Descriptor::of(artifact::LAYER, &component);
    let digest = Digest::of(&component);
    let config = written(&Config::of(&layer, &contents.imports, &contents.exports));
    let stored = Manifest {
        schema_version: 2,
        media_type: Some(artifact::MANIFEST.to_owned()),
        config: Descriptor::of(artifact::CONFIG, &config),
        layers: vec![layer.clone()],
        annotations: annotations(contents),
    };
    let manifest = written(&stored);
    let manifest_digest = Digest::of(&manifest);

    let client = access.client(source, RegistryOperation::Push).await?;
    blob(&client, source, access, component, &layer).await?;
    blob(&client, source, access, config, &stored.config).await?;
    client
        .push_manifest_raw(
            source.reference(),
            manifest,
            HeaderValue::from_static(artifact::MANIFEST),
        )
        .await
        .map_err(|error| access.asked(source, "manifest").failed(error))?;
    Ok(Pushed { manifest: manifest_digest, component: digest, size })
}

/// Stores a blob unless it is there.
async fn blob(
    client: &Client,
    source: &Source,
    access: &Access,
    bytes: Vec<u8>,
    descriptor: &Descriptor,
) -> Result<(), Error> {
    let asked = access.asked(source, "component");
    let reference = source.reference();
    let there = client.blob_exists(reference, &descriptor.digest).await;
    if !there.map_err(|error| asked.failed(error))? {
        let stored = client.push_blob(reference, bytes, &descriptor.digest).await;
        stored.map_err(|error| asked.failed(error))?;
    }
    Ok(())
}

fn annotations(contents: &Contents) -> BTreeMap<String, String> {
    let Contents { id, version, summary, .. } = contents;
    let said =
        [(artifact::TITLE, id), (artifact::VERSION, version), (artifact::DESCRIPTION, summary)];
    said.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value.clone()?))).collect()
}

/// As JSON; strings, numbers and lists of them can always be written.
fn written(value: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}
