//! Connecting: a host is resolved once, each of its addresses is judged, and only those that passed are dialled.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use mcpmux_core::address::{Place, place};
use mcpmux_core::ports::{OutboundError, Pending};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;
use tracing::debug;

use crate::prepare::{Site, Target};

/// How long one address may take to answer, if there are others.
const CONNECT: Duration = Duration::from_secs(5);
/// How many addresses of a name are tried.
const ADDRESSES: usize = 8;

/// The network; tests have one of their own.
pub(crate) trait Net: Send + Sync {
    /// The addresses of a name.
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>>;

    /// A connection to exactly this address.
    fn connect(&self, to: SocketAddr) -> Pending<'_, io::Result<TcpStream>>;
}

/// That of this machine.
pub(crate) struct System;

impl Net for System {
    fn resolve<'a>(&'a self, name: &'a str, port: u16) -> Pending<'a, io::Result<Vec<SocketAddr>>> {
        Box::pin(async move { Ok(lookup_host((name, port)).await?.collect()) })
    }

    fn connect(&self, to: SocketAddr) -> Pending<'_, io::Result<TcpStream>> {
        Box::pin(async move {
            let stream = TcpStream::connect(to).await?;
            stream.set_nodelay(true)?;
            Ok(stream)
        })
    }
}

/// Connects to a target.
pub(crate) async fn dial(net: &dyn Net, target: &Target) -> Result<TcpStream, OutboundError> {
    let host = target.host();
    let addresses = match &target.host {
        Site::Ip(ip) => vec![SocketAddr::new(*ip, target.port)],
        Site::Localhost => vec![
            SocketAddr::from((Ipv4Addr::LOCALHOST, target.port)),
            SocketAddr::from((Ipv6Addr::LOCALHOST, target.port)),
        ],
        Site::Name(name) => net.resolve(name, target.port).await.map_err(|error| {
            OutboundError::Network(format!("`{host}` cannot be resolved: {error}"))
        })?,
    };
    let mut refused = None;
    let mut failed = None;
    for address in addresses.into_iter().take(ADDRESSES) {
        if let Some(why) = refusal(address, target.near) {
            debug!(%host, %address, why, "an address is not dialled");
            refused = Some(why);
            continue;
        }
        match timeout(CONNECT, net.connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => failed = Some(error.to_string()),
            Err(_) => failed = Some("it does not answer".to_owned()),
        }
    }
    Err(match (failed, refused) {
        (Some(error), _) => OutboundError::Network(format!("cannot connect to `{host}`: {error}")),
        (None, Some(why)) => OutboundError::NotAllowed(format!("`{host}` is {why}")),
        (None, None) => OutboundError::Network(format!("`{host}` has no address")),
    })
}

/// Why an address is not dialled; the address itself is not said, for it may be of a network that the caller knows
/// nothing of.
fn refusal(address: SocketAddr, near: bool) -> Option<&'static str> {
    match place(address.ip()) {
        Place::Public => None,
        Place::Loopback | Place::Private if near => None,
        Place::Loopback => Some(
            "this machine, which can only be asked as `localhost` or by an address that is granted",
        ),
        Place::Private => {
            Some("in a private network, which can only be asked by an address that is granted")
        }
        Place::Never(what) => Some(what),
    }
}
