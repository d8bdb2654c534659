/** Bundles the web page into dist/. */
