//! Fetching a component: manifest, layer, digests.

use std::path::Path;

use oci_client::RegistryOperation;
use oci_client::client::LayerDescriptor;

use crate::access::Access;
use crate::artifact::{self, Descriptor};
use crate::digest::Digest;
use crate::error::Error;
use crate::partial::Partial;
use crate::source::Source;
use crate::{SIZE_LIMIT, artifact::TITLE, artifact::VERSION};

/// The largest manifest that is read, in bytes; registries themselves stop at 4 MiB.
const MANIFEST_LIMIT: usize = 4 << 20;

/// A component that was fetched and is what its digests say, in a file that is not yet in its place. Dropping it
/// removes that file.
#[derive(Debug)]
pub struct Pulled {
    /// What was asked for.
    pub source: Source,
    /// The digest of the manifest: what `source` stood for at this moment.
    pub manifest: Digest,
    /// The digest of the component itself.
    pub component: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// What whoever pushed it calls it. A claim: the component itself may say something else.
    pub id: Option<String>,
    /// Its version, claimed likewise.
    pub version: Option<String>,
    partial: Partial,
}

impl Pulled {
    /// The component's file, to be looked at.
    #[must_use]
    pub fn file(&self) -> &Path {
        self.partial.path()
    }

    /// Puts the file in its place in one step, over whatever is there.
    ///
    /// # Errors
    /// If the system does not let us.
    pub fn keep(self) -> Result<(), Error> {
        self.partial.keep()
    }
}

/// Fetches the component at `source`, to be kept at `target`.
///
/// # Errors
/// If the registry cannot be reached, refuses, has no such component, or sends other bytes than the digest stands for;
/// if the component is larger than [`SIZE_LIMIT`]; if the file cannot be written. No file is left then.
pub async fn pull(source: &Source, access: &Access, target: &Path) -> Result<Pulled, Error> {
    let client = access.client(source, RegistryOperation::Pull).await?;
    let reference = source.reference();
    let asked = access.asked(source, "manifest");
    let (bytes, _) = client
        .pull_manifest_raw(reference, &access.auth(), &[artifact::MANIFEST])
        .await
        .map_err(|error| asked.failed(error))?;
    let layout = |why| Error::Layout { source_: Box::new(source.clone()), why };
    if bytes.len() > MANIFEST_LIMIT {
        return Err(layout(format!("its manifest has {} bytes", bytes.len())));
    }
    let manifest = Digest::of(&bytes);
    let (layer, mut annotations) = artifact::layer(&bytes).map_err(layout)?;
    let expected = Digest::parse(&layer.digest).ok_or_else(|| {
        layout(format!("its layer's digest is `{}`", layer.digest.escape_debug()))
    })?;
    let too_large = |size| Error::TooLarge { what: source.to_string(), size };
    if layer.size > SIZE_LIMIT {
        return Err(too_large(layer.size));
    }
    let mut partial = Partial::beside(target)?;
    let asked = access.asked(source, "component");
    let fetched = client.pull_blob(reference, &borrowed(&layer), &mut partial).await;
    if partial.size > SIZE_LIMIT {
        return Err(too_large(partial.size));
    }
    fetched.map_err(|error| asked.failed(error))?;
    // The client has compared it too; what is put in place does not hang on that.
    let component = partial.digest();
    if component != expected {
        return Err(Error::Mismatch {
            registry: source.registry().to_owned(),
            what: "component",
            expected: expected.to_string(),
            found: component.to_string(),
        });
    }
    Ok(Pulled {
        source: source.clone(),
        manifest,
        component,
        size: partial.size,
        id: annotations.remove(TITLE),
        version: annotations.remove(VERSION),
        partial,
    })
}

/// The layer without other places to fetch it from.
fn borrowed(layer: &Descriptor) -> LayerDescriptor<'_> {
    LayerDescriptor { digest: &layer.digest, urls: &None }
}
