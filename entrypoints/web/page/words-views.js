/** Every English text of the views that are loaded when they are first shown, by view. */

export const statistics = {};

export const add = {};

export const clip = {};
