//! From an `impl Plugin for ...` to the same block and the exports of the hooks it writes.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Error, ImplItem, ItemImpl};

/// The methods of `Plugin` that are hooks; each is an exported interface of the same name.
const HOOKS: &[&str] = &[
    "catalog",
    "request",
    "authorize",
    "authorize_list",
    "response",
    "notify",
    "observe",
    "credentials",
];
/// The methods that are no hooks of their own: they are the interface that every plugin exports.
const LIFECYCLE: &[&str] = &["new", "describe"];

/// The expansion; mistakes become compiler errors beside whatever of the block is sound.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut block: ItemImpl = match syn::parse2(item) {
        Ok(block) => block,
        Err(error) => {
            let text = "`#[plugin]` stands on an `impl Plugin for ...` block";
            return Error::new(error.span(), text).to_compile_error();
        }
    };
    let mut mistakes = whole_block(&arguments, &block);
    let mut hooks = Vec::new();
    block.items.retain(|item| {
        let ImplItem::Fn(method) = item else { return true };
        let name = method.sig.ident.to_string();
        if HOOKS.contains(&name.as_str()) {
            hooks.push(name);
            return true;
        }
        let known = LIFECYCLE.contains(&name.as_str());
        if !known {
            mistakes.push(Error::new(method.sig.ident.span(), no_hook(&name)));
        }
        known
    });
    if hooks.is_empty() && mistakes.is_empty() {
        let text = format!("a plugin needs at least one hook; there are {}", listed());
        mistakes.push(Error::new(Span::call_site(), text));
    }
    let exports = if mistakes.is_empty() { exports(&block, &hooks) } else { TokenStream::new() };
    if mistakes.is_empty() {
        block.items.push(package());
    }
    let mistakes = mistakes.iter().map(Error::to_compile_error);
    quote!(#block #exports #(#mistakes)*)
}

fn whole_block(arguments: &TokenStream, block: &ItemImpl) -> Vec<Error> {
    let mut mistakes = Vec::new();
    if !arguments.is_empty() {
        mistakes.push(Error::new(arguments.span(), "`#[plugin]` takes no arguments"));
    }
    let is_plugin = block.trait_.as_ref().is_some_and(|(path, _)| {
        path.segments.last().is_some_and(|segment| segment.ident == "Plugin")
    });
    if !is_plugin {
        let text = "`#[plugin]` stands on an `impl Plugin for ...` block, not on another `impl`";
        mistakes.push(Error::new(block.self_ty.span(), text));
    }
    if !block.generics.params.is_empty() {
        let text = "a plugin's type cannot be generic: a component holds exactly one plugin";
        mistakes.push(Error::new(block.generics.span(), text));
    }
    mistakes
}

fn no_hook(name: &str) -> String {
    format!(
        "`{name}` is no hook; there are {}\nhint: put methods of your own into an `impl` block of their own",
        listed()
    )
}

fn listed() -> String {
    HOOKS.iter().map(|hook| format!("`{hook}`")).collect::<Vec<_>>().join(", ")
}

/// What Cargo knows of the plugin that is compiled.
fn package() -> ImplItem {
    syn::parse_quote! {
        #[doc(hidden)]
        const PACKAGE: ::mcpmux_sdk::description::Package = ::mcpmux_sdk::description::Package {
            name: ::core::env!("CARGO_PKG_NAME"),
            version: ::core::env!("CARGO_PKG_VERSION"),
            description: ::core::env!("CARGO_PKG_DESCRIPTION"),
        };
    }
}

fn exports(block: &ItemImpl, hooks: &[String]) -> TokenStream {
    let plugin = &block.self_ty;
    let hooks = hooks.iter().map(|hook| format_ident!("{hook}"));
    quote! {
        #[cfg(target_family = "wasm")]
        const _: () = {
            struct Exports;

            ::std::thread_local! {
                static SLOT: ::mcpmux_sdk::guest::Slot<#plugin> = ::mcpmux_sdk::guest::Slot::empty();
            }

            impl ::mcpmux_sdk::guest::Component for Exports {
                type Plugin = #plugin;

                fn with<R>(visit: impl FnOnce(&::mcpmux_sdk::guest::Slot<#plugin>) -> R) -> R {
                    SLOT.with(visit)
                }
            }

            ::mcpmux_sdk::guest::lifecycle::export!(
                Exports with_types_in ::mcpmux_sdk::guest::lifecycle
            );
            #(::mcpmux_sdk::guest::#hooks::export!(
                Exports with_types_in ::mcpmux_sdk::guest::#hooks
            );)*
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(item: &str, holds: &[&str], lacks: &[&str]) {
        let text = expand(TokenStream::new(), item.parse().unwrap()).to_string();
        for part in holds {
            assert!(text.contains(part), "{part:?} is not in {text}");
        }
        for part in lacks {
            assert!(!text.contains(part), "{part:?} is in {text}");
        }
    }

    #[test]
    fn only_the_hooks_written_are_exported_and_the_lifecycle_always() {
        check(
            "impl Plugin for A { type Config = (); fn new(_: ()) -> Result<Self> { Ok(A) } \
             fn describe() -> Description { Description::new(\"a\") } \
             fn catalog(&mut self, _: &mut Catalog) -> Result<()> { Ok(()) } \
             fn authorize_list(&mut self, _: &Client, _: &[ListEntry]) -> Result<Vec<bool>> { all() } }",
            &[
                "guest :: lifecycle :: export !",
                "guest :: catalog :: export !",
                "guest :: authorize_list :: export !",
                "const PACKAGE",
                "CARGO_PKG_VERSION",
            ],
            &["compile_error", "guest :: authorize :: export !", "guest :: describe"],
        );
    }

    #[test]
    fn each_method_of_the_trait_is_a_hook_or_lifecycle() {
        let plugin = include_str!("../../src/plugin.rs");
        let methods = plugin.lines().filter_map(|line| line.strip_prefix("    fn "));
        let mut methods: Vec<_> = methods.filter_map(|line| line.split('(').next()).collect();
        let mut known: Vec<_> = HOOKS.iter().chain(LIFECYCLE).copied().collect();
        methods.sort_unstable();
        known.sort_unstable();
        assert_eq!(methods, known);
    }

    const THERE_ARE: &str = "there are `catalog`, `request`, `authorize`, `authorize_list`, `response`, \
                             `notify`, `observe`, `credentials`";

    #[test]
    fn a_method_that_is_no_hook_is_named_with_the_hooks_there_are() {
        check(
            "impl Plugin for A { fn authorise(&mut self) {} }",
            &["compile_error", "`authorise` is no hook; ", THERE_ARE, "`impl` block of their own"],
            &["fn authorise", "export !", "PACKAGE"],
        );
    }

    #[test]
    fn a_plugin_without_a_hook_is_refused() {
        let text = "a plugin needs at least one hook; ";
        let block = "impl Plugin for A { fn new() {} fn describe() {} }";
        check(block, &["compile_error", text, THERE_ARE], &["export !"]);
    }

    #[test]
    fn another_item_or_another_trait_is_refused() {
        check("struct A;", &["compile_error", "stands on an `impl Plugin for ...` block"], &[]);
        check("impl Clone for A { }", &["compile_error", "not on another `impl`"], &["PACKAGE"]);
        check("impl<T> Plugin for A<T> { }", &["compile_error", "cannot be generic"], &[]);
    }

    #[test]
    fn arguments_are_refused() {
        let block = "impl Plugin for A { fn catalog(&mut self) {} }".parse().unwrap();
        let text = expand(quote!(name = "a"), block).to_string();
        assert!(text.contains("takes no arguments"), "{text}");
    }
}
