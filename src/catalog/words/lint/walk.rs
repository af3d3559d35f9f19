//! What is in a text, however deep: variables, references, selects, literals, and the texts of all branches.

use fluent_syntax::ast::{CallArguments, Expression, InlineExpression, Pattern, PatternElement, Variant};

/// Something in braces.
#[derive(Debug, Clone, Copy)]
pub(super) enum Use<'p, 'a> {
    /// `shown`: not only looked at by a select.
    Variable {
        name: &'a str,
        shown: bool,
    },
    Message {
        id: &'a str,
        attribute: Option<&'a str>,
    },
    Term {
        id: &'a str,
        attribute: Option<&'a str>,
        arguments: Option<&'p CallArguments<&'a str>>,
    },
    Function {
        id: &'a str,
    },
    Literal {
        value: &'a str,
    },
    Select {
        selector: &'p InlineExpression<&'a str>,
        variants: &'p [Variant<&'a str>],
    },
}

/// All that stands in braces, in the order of the file.
pub(super) fn uses<'p, 'a>(pattern: &'p Pattern<&'a str>) -> Vec<Use<'p, 'a>> {
    let mut found = Vec::new();
    in_pattern(pattern, &mut found);
    found
}

/// The text itself and the texts of all its branches.
pub(super) fn branches<'p, 'a>(pattern: &'p Pattern<&'a str>) -> Vec<&'p Pattern<&'a str>> {
    let nested = uses(pattern).into_iter().filter_map(|found| match found {
        Use::Select { variants, .. } => Some(variants.iter().map(|variant| &variant.value)),
        _ => None,
    });
    std::iter::once(pattern).chain(nested.flatten()).collect()
}

fn in_pattern<'p, 'a>(pattern: &'p Pattern<&'a str>, found: &mut Vec<Use<'p, 'a>>) {
    for element in &pattern.elements {
        if let PatternElement::Placeable { expression } = element {
            in_expression(expression, found);
        }
    }
}

fn in_expression<'p, 'a>(expression: &'p Expression<&'a str>, found: &mut Vec<Use<'p, 'a>>) {
    match expression {
        Expression::Inline(inline) => in_inline(inline, true, found),
        Expression::Select { selector, variants } => {
            in_inline(selector, false, found);
            found.push(Use::Select { selector, variants });
            for variant in variants {
                in_pattern(&variant.value, found);
            }
        }
    }
}

fn in_inline<'p, 'a>(inline: &'p InlineExpression<&'a str>, shown: bool, found: &mut Vec<Use<'p, 'a>>) {
    match inline {
        InlineExpression::VariableReference { id } => found.push(Use::Variable { name: id.name, shown }),
        InlineExpression::MessageReference { id, attribute } => {
            found.push(Use::Message { id: id.name, attribute: attribute.as_ref().map(|attribute| attribute.name) });
        }
        InlineExpression::TermReference { id, attribute, arguments } => {
            let attribute = attribute.as_ref().map(|attribute| attribute.name);
            found.push(Use::Term { id: id.name, attribute, arguments: arguments.as_ref() });
            if let Some(arguments) = arguments {
                in_arguments(arguments, found);
            }
        }
        InlineExpression::FunctionReference { id, arguments } => {
            found.push(Use::Function { id: id.name });
            in_arguments(arguments, found);
        }
        InlineExpression::StringLiteral { value } if shown => found.push(Use::Literal { value }),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::Placeable { expression } => in_expression(expression, found),
    }
}

fn in_arguments<'p, 'a>(arguments: &'p CallArguments<&'a str>, found: &mut Vec<Use<'p, 'a>>) {
    for argument in &arguments.positional {
        in_inline(argument, false, found);
    }
}
