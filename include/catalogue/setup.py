"""The category tree and the attributes."""

from include.catalogue.entries import Entry

SETUP: dict[str, Entry] = {
    "default_attributes_missing": Entry(
        "Default Attributes has not succeeded yet, so products cannot be mapped",
        "The flows Category Node, Category Attribute and Values, and Default Attributes have to run first.",
        "operations",
        "Trigger Category Node; the others follow by themselves.",
    ),
    "category_ids_unknown": Entry(
        "Fashfed has none of the categories in Category Ids: {ids}",
        "The ids were mistyped, belong to another marketplace, or Fashfed took the categories away.",
        "operations",
        "Correct Omnitron > Settings > Sales Channels > Category Ids, then trigger Category Node.",
    ),
    "category_unknown": Entry(
        "Fashfed has no category {id}, which is in Category Ids",
        "The id was mistyped, or Fashfed took the category away.",
        "operations",
        "Correct Omnitron > Settings > Sales Channels > Category Ids; the other categories are drawn.",
        "mapping",
    ),
    "category_refused": Entry(
        "Omnitron did not take category {category} ({id}): {detail}",
        "Omnitron found the node's name or place invalid.",
        "operations",
        "Read the refusal, correct the node in Omnitron's Category Management, then trigger Category Node. What lies"
        " below a category that is missing waits with it.",
        "channel_app",
    ),
    "categories_unfinished": Entry(
        "The time of the run was over before the whole category tree was drawn",
        "The tree is large, or a remote is slow.",
        "nobody",
        "Nothing to do: the next try goes on where this one ended.",
    ),
    "attribute_sets_missing": Entry(
        "Omnitron has no attribute set of this channel yet, so the default attributes have no place",
        "Category Attribute and Values has not brought the attributes of any category yet.",
        "operations",
        "Trigger Category Node; Category Attribute and Values and Default Attributes follow by themselves.",
    ),
    "default_attribute_refused": Entry(
        "Omnitron did not take {attribute} into the attribute set {attribute_set}: {detail}",
        "Omnitron found the attribute's place in the set invalid.",
        "operations",
        "Read the refusal, correct the attribute set in Omnitron, then trigger Default Attributes.",
        "channel_app",
    ),
}
