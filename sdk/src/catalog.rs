//! The tools a catalog hook is shown, and the changes it makes to them; one tool is in `tool`.

mod tool;

pub use tool::{Annotations, Tool, ToolEdit};

/// The tools on offer, as the plugins before left them.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    tools: Vec<Tool>,
}

/// One change, by the tool's place in the list that the host showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Leave the tool out.
    Hide(u32),
    /// Change parts of it.
    Update(u32, ToolEdit),
}

impl Catalog {
    /// A catalog of these tools.
    #[must_use]
    pub const fn new(tools: Vec<Tool>) -> Self {
        Self { tools }
    }

    /// The tools, in the host's order; also those that are hidden by now.
    pub fn iter(&self) -> std::slice::Iter<'_, Tool> {
        self.tools.iter()
    }

    /// The tools, to change them.
    pub fn iter_mut(&mut self) -> std::slice::IterMut<'_, Tool> {
        self.tools.iter_mut()
    }

    /// How many there are, hidden ones included.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.tools.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }

    /// The names clients would see now: of the tools that are not hidden.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.tools.iter().filter(|tool| !tool.is_hidden()).map(Tool::exposed).collect()
    }

    /// What was changed; a tool that is as it was has no edit.
    #[must_use]
    pub fn edits(&self) -> Vec<Edit> {
        let edit = |(at, tool): (u32, &Tool)| match (tool.is_hidden(), tool.edit()) {
            (true, _) => Some(Edit::Hide(at)),
            (false, Some(edit)) => Some(Edit::Update(at, edit)),
            (false, None) => None,
        };
        (0..).zip(&self.tools).filter_map(edit).collect()
    }
}

impl<'a> IntoIterator for &'a Catalog {
    type Item = &'a Tool;
    type IntoIter = std::slice::Iter<'a, Tool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a> IntoIterator for &'a mut Catalog {
    type Item = &'a mut Tool;
    type IntoIter = std::slice::IterMut<'a, Tool>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(change: impl Fn(&mut Tool), edits: &[Edit]) {
        let mut tools = Catalog::new(vec![
            Tool::new("files", "untouched"),
            Tool::new("files", "read").with_title("Read").with_annotations(Annotations {
                title: Some("Read".to_owned()),
                read_only: Some(false),
                ..Annotations::default()
            }),
        ]);
        tools.iter_mut().filter(|tool| tool.name() == "read").for_each(change);
        assert_eq!(tools.edits(), edits);
    }

    #[test]
    fn a_tool_left_as_it_was_has_no_edit() {
        check(|_| (), &[]);
        check(|tool| tool.rename("files__read"), &[]);
        check(
            |tool| {
                tool.rename("other");
                tool.set_title("Other");
                tool.rename("files__read");
                tool.set_title("Read");
                tool.set_read_only(false);
            },
            &[],
        );
    }

    #[test]
    fn an_edit_holds_only_what_changed() {
        let exposed = Some("read".to_owned());
        check(
            |tool| tool.rename("read"),
            &[Edit::Update(1, ToolEdit { exposed, ..ToolEdit::default() })],
        );
        let annotations = Annotations { read_only: Some(true), ..Annotations::default() };
        check(
            |tool| tool.set_read_only(true),
            &[Edit::Update(1, ToolEdit { annotations, ..ToolEdit::default() })],
        );
    }

    #[test]
    fn a_title_is_set_wherever_the_tool_has_one() {
        let title = Some("Open".to_owned());
        let annotations = Annotations { title: title.clone(), ..Annotations::default() };
        check(
            |tool| tool.set_title("Open"),
            &[Edit::Update(1, ToolEdit { title, annotations, ..ToolEdit::default() })],
        );
    }

    #[test]
    fn what_is_hidden_is_not_changed_as_well() {
        let hide_renamed = |tool: &mut Tool| {
            tool.rename("x");
            tool.hide();
        };
        check(hide_renamed, &[Edit::Hide(1)]);
    }
}
