//! The streamable HTTP frontend: one endpoint, `/mcp`, for both eras; here connections are taken and drained.

mod body;
mod guard;
mod incoming;
mod legacy;
mod modern;
mod post;
mod respond;
mod sessions;
mod streaming;

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::Method;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::door::Door;
use body::Body;
use guard::Guard;
use sessions::Sessions;

/// The path of the endpoint.
pub const PATH: &str = "/mcp";

type Request = hyper::Request<Incoming>;
type Response = hyper::Response<Body>;

/// The frontend: what every connection needs.
struct Frontend {
    door: Door,
    guard: Guard,
    sessions: Sessions,
    /// Requests that are worked on outside of their connection's task.
    requests: TaskTracker,
}

/// Serves until `door` is told to stop; then takes no more requests, and ends when those under way are
/// answered and written. It waits as long as it is let: dropping it ends it. `hosts` are accepted in `Host`
/// and `Origin` beside the loopback names.
pub async fn serve(door: Door, hosts: &[String], listener: TcpListener) {
    let frontend = Arc::new(Frontend {
        guard: Guard::new(hosts),
        sessions: Sessions::new(&door.limits),
        requests: TaskTracker::new(),
        door,
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
                Ok((stream, _)) => {
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
    while connections.join_next().await.is_some() {}
    // Calls whose clients are gone are still worth their end.
    frontend.requests.close();
    frontend.requests.wait().await;
}

async fn converse(frontend: Arc<Frontend>, stream: TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!("a connection was gone at once: {error}");
        return;
    }
    // A token of its own, since looking at it locks it, and it is looked at whenever the connection wakes.
    let stop = frontend.door.stop.child_token();
    let handle = hyper::service::service_fn(move |request| {
        let frontend = Arc::clone(&frontend);
        async move { Ok::<_, Infallible>(dispatch(&frontend, request).await) }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .max_headers(64)
        .max_buf_size(64 << 10)
        .serve_connection(TokioIo::new(stream), handle);
    let mut connection = pin!(connection);
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
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
