//! Servers of tests: each answers one URL, and all that is asked is noted.

use std::sync::{Mutex, MutexGuard, PoisonError};

use mcpmux_core::ports::{Outbound, OutboundError, OutboundRequest, OutboundResponse, Pending};

/// The servers; what none of them answers is not found.
#[derive(Default)]
pub(crate) struct Sites {
    answers: Vec<(&'static str, u16, String)>,
    asked: Mutex<Vec<OutboundRequest>>,
}

impl Sites {
    /// With these URLs, statuses and JSON documents.
    pub(crate) fn new(answers: &[(&'static str, u16, &str)]) -> Self {
        let answers = answers.iter().map(|(url, status, body)| (*url, *status, (*body).to_owned()));
        Self { answers: answers.collect(), asked: Mutex::default() }
    }

    /// All that was asked so far.
    pub(crate) fn asked(&self) -> MutexGuard<'_, Vec<OutboundRequest>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outbound for Sites {
    fn send(
        &self,
        request: OutboundRequest,
    ) -> Pending<'_, Result<OutboundResponse, OutboundError>> {
        let found = self.answers.iter().find(|(url, ..)| *url == request.url);
        let (status, body) = found.map_or((404, ""), |(_, status, body)| (*status, body.as_str()));
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let response = OutboundResponse { status, headers, body: body.to_owned().into() };
        self.asked().push(request);
        Box::pin(async { Ok(response) })
    }
}
