/** Placeholder while the inquiries are written. */
export const inquiries = {};
