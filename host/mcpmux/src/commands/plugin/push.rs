//! `mcpmux plugin push`: a component into a registry, with what it says of itself.

use mcpmux_manage::cli::plugin::Push;
use mcpmux_manage::print;
use mcpmux_plugins::Inspection;
use mcpmux_registry::{Access, Contents, Digest, Source};

use super::pull::failure;
use crate::failure::Failure;
use crate::host::engine;

pub(crate) async fn run(options: &Push) -> Result<(), Failure> {
    let source = Source::parse(&options.reference).map_err(failure)?;
    let access = Access::find(&source, options.insecure).map_err(failure)?;
    let (bytes, contents) = read(options)?;
    let pushed =
        mcpmux_registry::push(&source, &access, bytes, &contents).await.map_err(failure)?;
    let pinned = source.pinned(pushed.manifest);
    let text = if options.json {
        let json = serde_json::json!({
            "source": source.to_string(),
            "pinned": pinned.to_string(),
            "manifest": pushed.manifest.to_string(),
            "sha256": pushed.component.hex(),
            "size": pushed.size,
            "id": contents.id,
            "version": contents.version,
        });
        format!("{json}\n")
    } else {
        format!(
            "pushed    {source}\nmanifest  {}\nsha256    {}\npull it with `mcpmux plugin pull {pinned}`\n",
            pushed.manifest,
            pushed.component.hex()
        )
    };
    Ok(print::data(&text)?)
}

/// The component's bytes, and what they say. A plugin is asked what it is, without a right to anything; a backend is
/// not run.
fn read(options: &Push) -> Result<(Vec<u8>, Contents), Failure> {
    let file = &options.file;
    let looked = mcpmux_plugins::inspect(file).map_err(Failure::wrong)?;
    if let Some(why) = &looked.refused {
        return Err(Failure::wrong(format!("{} cannot be used: {why}", file.display())));
    }
    let described = if looked.backend {
        None
    } else {
        let engine = engine()?;
        mcpmux_plugins::describe(&engine, file).map_err(Failure::wrong)?.description
    };
    let bytes = std::fs::read(file)
        .map_err(|error| Failure::wrong(format!("cannot read {}: {error}", file.display())))?;
    let Inspection { imports, exports, sha256, .. } = looked;
    if Digest::of(&bytes).hex() != sha256 {
        return Err(Failure::failed(format!(
            "{} changed while it was read; try again",
            file.display()
        )));
    }
    let (id, version, summary) = match described {
        Some(said) => (Some(said.id), Some(said.version), Some(said.summary)),
        None => (None, None, None),
    };
    Ok((bytes, Contents { imports, exports, id, version, summary }))
}
