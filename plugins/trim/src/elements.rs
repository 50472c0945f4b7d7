//! The texts in the list of a result: content of a tool, contents of a resource, messages of a prompt.

use serde_json::Value;
use serde_json::value::RawValue;

/// What a result answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Tools,
    Resources,
    Prompts,
}

impl Family {
    pub(crate) const ALL: [Self; 3] = [Self::Tools, Self::Resources, Self::Prompts];

    /// As in the configuration.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tools => "tools",
            Self::Resources => "resources",
            Self::Prompts => "prompts",
        }
    }

    /// Where the list is in the result.
    pub(crate) const fn list(self) -> &'static str {
        match self {
            Self::Tools => "/content",
            Self::Resources => "/contents",
            Self::Prompts => "/messages",
        }
    }
}

/// One element of the list.
#[derive(Debug)]
pub(crate) struct Element<'a> {
    raw: &'a RawValue,
    /// Its text and where that is in it; none if it has none, as an image.
    pub(crate) text: Option<(&'static str, String)>,
    /// Whether it is nothing but a text, and its list does without it.
    pub(crate) is_spare: bool,
}

/// The members of an element that matter here.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct Members {
    r#type: String,
    text: Option<String>,
    resource: Option<Box<Members>>,
    content: Option<Box<Members>>,
}

impl<'a> Element<'a> {
    pub(crate) fn new(raw: &'a RawValue, family: Family) -> Self {
        // What is written otherwise than MCP has it is left as it is.
        let members: Members = serde_json::from_str(raw.get()).unwrap_or_default();
        let inner = |members: Option<Box<Members>>| members.and_then(|members| members.text);
        let is_text = members.r#type == "text";
        let text = match family {
            Family::Tools if is_text => members.text.map(|text| ("/text", text)),
            Family::Tools => inner(members.resource).map(|text| ("/resource/text", text)),
            Family::Resources => members.text.map(|text| ("/text", text)),
            Family::Prompts => members.content.and_then(|content| match content.resource {
                Some(resource) => resource.text.map(|text| ("/content/resource/text", text)),
                None => content.text.map(|text| ("/content/text", text)),
            }),
        };
        Self { raw, is_spare: family == Family::Tools && is_text && text.is_some(), text }
    }

    /// Its bytes if it has no text: those of an image, for the most part.
    pub(crate) fn other_bytes(&self) -> usize {
        if self.text.is_some() { 0 } else { self.raw.get().len() }
    }

    /// As it came.
    pub(crate) fn as_it_is(&self) -> String {
        self.raw.get().to_owned()
    }

    /// With another text in the place of its own.
    pub(crate) fn with_text(&self, text: &str) -> String {
        let place = self.text.as_ref().map(|(place, _)| *place);
        let mut value: Value = serde_json::from_str(self.raw.get()).unwrap_or_default();
        match place.and_then(|place| value.pointer_mut(place)) {
            Some(member) => {
                *member = Value::from(text);
                value.to_string()
            }
            None => self.as_it_is(),
        }
    }
}
