// The rules of html-validate that hold for web pages and not for mails, each with its reason; all others hold.
module.exports = {
  root: true,
  extends: ["html-validate:recommended"],
  rules: {
    // Gmail and Outlook drop or rewrite style sheets: what matters stands in the element.
    "no-inline-style": "off",
    // Outlook for Windows lays out by Word: tables with cellpadding, align, bgcolor, and conditional comments for it.
    "no-deprecated-attr": "off",
    "no-conditional-comment": "off",
    // What MJML and a template's conditions leave behind; no client minds.
    "prefer-tbody": "off",
    "prefer-native-element": "off",
    "void-style": "off",
    "doctype-style": "off",
    "no-trailing-whitespace": "off",
  },
};
