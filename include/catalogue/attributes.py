"""Attributes of categories, as the flows Category Attribute and Values and Compare Attributes meet them."""

from include.catalogue.entries import Entry

ATTRIBUTES: dict[str, Entry] = {
    "categories_missing": Entry(
        "No category of Fashfed is drawn in Omnitron yet, so there is nothing to read attributes for",
        "The Category Node flow has not run, or the channel's category tree was changed in Omnitron.",
        "operations",
        "Trigger Category Node; Category Attribute and Values follows by itself.",
    ),
    "attributes_unfinished": Entry(
        "The time of the run was over before all categories were read; {left} are left",
        "There are many categories, or a remote is slow.",
        "nobody",
        "Nothing to do at first: it is tried again, and Category Attribute and Values goes on with those left.",
    ),
    "category_gone": Entry(
        "Fashfed does not know category {category} any more",
        "Fashfed removed the category. Nothing was deleted in Omnitron.",
        "catalogue team",
        "Put its products into another category, then remove the category from Omnitron's tree.",
        "remote",
    ),
    "category_unread": Entry(
        "The attributes of category {category} cannot be read from Fashfed: {detail}",
        "Fashfed has trouble with this category.",
        "Fashfed",
        "Nothing to do at first: the next run tries again. If it lasts, ask Fashfed about the category.",
        "remote",
    ),
    "category_unwritten": Entry(
        "The attributes of category {category} cannot be written to Omnitron: {detail}",
        "Omnitron has trouble with this category, or refuses its attribute set.",
        "operations",
        "Read the detail; trigger the flow again when its reason is gone.",
    ),
    "attribute_unreadable": Entry(
        "An attribute of category {category} cannot be read ({attribute}): {detail}",
        "Fashfed sent an attribute in a shape nobody expects. The other attributes were taken over.",
        "Fashfed",
        "Ask Fashfed to correct the attribute, then trigger the flow again.",
        "remote",
    ),
    "attribute_refused": Entry(
        "Omnitron refused attribute {attribute} of category {category}: {detail}",
        "Omnitron checked the attribute or one of its values and did not accept it.",
        "operations",
        "Correct what the refusal names, in Omnitron or at Fashfed, and trigger the flow again.",
        "mapping",
    ),
    "attribute_still_mapped": Entry(
        "{attribute} is gone from category {category} at Fashfed, but it is mapped, so it stays; it is not required",
        "Fashfed removed an attribute for which rules were entered.",
        "catalogue team",
        "Remove its rules in Omnitron's Mapper if no other category needs them; the next run then takes it away.",
        "mapping",
    ),
    "value_still_mapped": Entry(
        "Value {value} of {attribute} is gone from category {category} at Fashfed, but a rule names it, so it stays",
        "Fashfed removed a value to which products are mapped.",
        "catalogue team",
        "Map to another value in Omnitron's Mapper; the next run then takes it away.",
        "mapping",
    ),
    "name_still_mapped": Entry(
        "Fashfed calls {before} now {after}; Omnitron keeps the old name because rules use it",
        "Fashfed renamed an attribute or a value for which rules were entered.",
        "catalogue team",
        "Nothing breaks. To get the new name, remove the rules in Omnitron's Mapper, trigger Compare Attributes, and"
        " map again.",
        "mapping",
    ),
}
