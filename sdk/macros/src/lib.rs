//! The `plugin` attribute of `mcpmux-sdk`; what it writes is in `expand`, what that calls is in the SDK.

mod expand;

use proc_macro::TokenStream;

/// Makes an `impl Plugin for ...` the plugin of this component.
///
/// Of the trait's hooks it exports those that the block writes, and no others, so the host never calls
/// one that does nothing. Natively it exports nothing: the struct is an ordinary one to test.
#[proc_macro_attribute]
pub fn plugin(arguments: TokenStream, item: TokenStream) -> TokenStream {
    expand::expand(arguments.into(), item.into()).into()
}
