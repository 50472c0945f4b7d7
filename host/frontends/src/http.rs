//! The streamable HTTP frontend: one endpoint, `/mcp`, for both eras; here connections are taken and drained.

mod body;
mod channel;
mod guard;
mod incoming;
mod legacy;
mod listener;
mod modern;
mod outlets;
mod params;
mod post;
mod respond;
mod sessions;
mod streams;
mod unix;

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::Method;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::door::Door;
use body::Body;
use guard::Guard;
use listener::Listener;
use sessions::Sessions;
pub use unix::{Socket, SocketError};

/// The path of the endpoint.
pub const PATH: &str = "/mcp";

/// Notifications that may wait for a slow client on one stream; what comes beyond that is dropped.
const WAITING: usize = 64;

type Request = hyper::Request<Incoming>;
type Response = hyper::Response<Body>;

/// The frontend: what every connection needs.
struct Frontend {
    door: Arc<Door>,
    guard: Guard,
    sessions: Sessions,
    /// Requests that are worked on outside of their connection's task.
    requests: TaskTracker,
    leaving: Arc<Leaving>,
}

/// Tells connections to finish what they have and close: the flag first, then the token.
#[derive(Default)]
struct Leaving {
    flag: AtomicBool,
    token: CancellationToken,
}

/// Serves until `door` is told to stop; then takes no more requests, and ends when those under way are
/// answered and written. It waits as long as it is let: dropping it ends it. `hosts` are accepted in `Host`
/// and `Origin` beside the loopback names.
pub async fn serve(door: Door, hosts: &[String], listener: TcpListener) {
    serve_on(door, Guard::new(hosts), listener).await;
}

/// The same on a Unix socket. Who can open the file may come in whatever its `Host` is; pages of other sites still
/// may not.
pub async fn serve_unix(door: Door, hosts: &[String], socket: Socket) {
    serve_on(door, Guard::new(hosts).any_host(), socket).await;
}

async fn serve_on<L: Listener>(door: Door, guard: Guard, listener: L) {
    let frontend = Arc::new(Frontend {
        guard,
        sessions: Sessions::new(&door.limits),
        requests: TaskTracker::new(),
        leaving: Arc::default(),
        door: Arc::new(door),
    });
    let mut connections = JoinSet::new();
    let mut sweep = tokio::time::interval(Duration::from_secs(30));
    let stop = frontend.door.stop.clone();
    let mut failing = false;
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => break,
            _ = sweep.tick() => frontend.sessions.sweep(),
            accepted = listener.accept() => match accepted {
                Ok(stream) => {
                    failing = false;
                    connections.spawn(converse(Arc::clone(&frontend), stream));
                    while connections.try_join_next().is_some() {}
                }
                Err(error) => {
                    // Out of file descriptors, or a client that was gone before it was taken: both pass.
                    if !std::mem::replace(&mut failing, true) {
                        tracing::warn!("a connection could not be accepted: {error}");
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    frontend.sessions.leave();
    frontend.leaving.flag.store(true, Ordering::Release);
    frontend.leaving.token.cancel();
    while connections.join_next().await.is_some() {}
    // Calls whose clients are gone are still worth their end.
    frontend.requests.close();
    frontend.requests.wait().await;
    frontend.sessions.clear();
}

async fn converse<S>(frontend: Arc<Frontend>, stream: S)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let leaving = Arc::clone(&frontend.leaving);
    let handle = hyper::service::service_fn(move |request| {
        let frontend = Arc::clone(&frontend);
        async move { Ok::<_, Infallible>(dispatch(&frontend, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .max_headers(64)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), handle);
    let (mut connection, mut told) = (pin!(connection), pin!(leaving.token.cancelled()));
    let (mut listens, mut leaves) = (false, false);
    let ended = poll_fn(|context| {
        // Polled once, the token wakes this task when the time comes; until then a flag is enough, for the
        // connection wakes several times a call.
        if !std::mem::replace(&mut listens, true) {
            let _now_or_later = told.as_mut().poll(context);
        }
        if leaving.flag.load(Ordering::Acquire) && !std::mem::replace(&mut leaves, true) {
            connection.as_mut().graceful_shutdown();
        }
        connection.as_mut().poll(context)
    });
    let ended = ended.await;
    if let Err(error) = ended {
        tracing::debug!("a connection ended: {error}");
    }
}

async fn dispatch(frontend: &Arc<Frontend>, request: Request) -> Response {
    let origin = match frontend.guard.check(request.headers()) {
        Ok(origin) => origin,
        Err(why) => return respond::forbidden(why),
    };
    let mut response = if request.uri().path() != PATH {
        respond::not_found()
    } else if request.method() == Method::POST {
        post::serve(frontend, request).await
    } else if request.method() == Method::GET {
        legacy::stream(frontend, request.headers())
    } else if request.method() == Method::DELETE {
        legacy::end(frontend, request.headers())
    } else if request.method() == Method::OPTIONS {
        respond::options()
    } else {
        respond::method_not_allowed()
    };
    if let Some(origin) = origin {
        respond::allow_origin(&mut response, origin);
    }
    response
}
