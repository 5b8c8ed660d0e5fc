"""The costs of epochs 2.1 to 3.2 (boot contract `costs-3`)."""

from __future__ import annotations

from compiler.costs.shapes import Row, constant, linear, logn, nlogn, storage

ROWS: dict[str, Row] = {
    "cost_analysis_type_annotate": linear(a=1, b=9),
    "cost_analysis_type_check": linear(a=113, b=1),
    "cost_analysis_type_lookup": linear(a=1, b=4),
    "cost_analysis_visit": constant(1),
    "cost_analysis_iterable_func": linear(a=2, b=14),
    "cost_analysis_option_cons": constant(5),
    "cost_analysis_option_check": constant(4),
    "cost_analysis_bind_name": linear(a=1, b=59),
    "cost_analysis_list_items_check": linear(a=2, b=4),
    "cost_analysis_check_tuple_get": logn(a=1, b=2),
    "cost_analysis_check_tuple_merge": nlogn(a=45, b=49),
    "cost_analysis_check_tuple_cons": nlogn(a=3, b=5),
    "cost_analysis_tuple_items_check": linear(a=1, b=28),
    "cost_analysis_check_let": linear(a=1, b=10),
    "cost_analysis_lookup_function": constant(18),
    "cost_analysis_lookup_function_types": linear(a=1, b=26),
    "cost_analysis_lookup_variable_const": constant(15),
    "cost_analysis_lookup_variable_depth": nlogn(a=1, b=12),
    "cost_ast_parse": linear(a=27, b=81),
    "cost_ast_cycle_detection": linear(a=141, b=72),
    "cost_analysis_storage": storage(
        runtime=linear(a=2, b=94),
        write_length=linear(a=1, b=1),
        write_count=1,
        read_count=1,
        read_length=1,
    ),
    "cost_analysis_use_trait_entry": storage(
        runtime=linear(a=9, b=698),
        write_length=linear(a=1, b=1),
        read_count=1,
        read_length=linear(a=1, b=1),
    ),
    "cost_analysis_fetch_contract_entry": storage(
        runtime=linear(a=1, b=1516), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_analysis_get_function_entry": storage(
        runtime=linear(a=78, b=1307), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_lookup_variable_depth": linear(a=1, b=1),
    "cost_lookup_variable_size": linear(a=2, b=1),
    "cost_lookup_function": constant(16),
    "cost_bind_name": constant(216),
    "cost_inner_type_check_cost": linear(a=2, b=5),
    "cost_user_function_application": linear(a=26, b=5),
    "cost_let": linear(a=117, b=178),
    "cost_if": constant(168),
    "cost_asserts": constant(128),
    "cost_map": linear(a=1198, b=3067),
    "cost_filter": constant(407),
    "cost_len": constant(429),
    "cost_element_at": constant(498),
    "cost_index_of": linear(a=1, b=211),
    "cost_fold": constant(460),
    "cost_list_cons": linear(a=14, b=164),
    "cost_type_parse_step": constant(4),
    "cost_tuple_get": nlogn(a=4, b=1736),
    "cost_tuple_merge": linear(a=4, b=408),
    "cost_tuple_cons": nlogn(a=10, b=1876),
    "cost_add": linear(a=11, b=125),
    "cost_sub": linear(a=11, b=125),
    "cost_mul": linear(a=13, b=125),
    "cost_div": linear(a=13, b=125),
    "cost_geq": linear(a=7, b=128),
    "cost_leq": linear(a=7, b=128),
    "cost_le": linear(a=7, b=128),
    "cost_ge": linear(a=7, b=128),
    "cost_int_cast": constant(135),
    "cost_mod": constant(141),
    "cost_pow": constant(143),
    "cost_sqrti": constant(142),
    "cost_log2": constant(133),
    "cost_xor": linear(a=15, b=129),
    "cost_not": constant(138),
    "cost_eq": linear(a=7, b=151),
    "cost_begin": constant(151),
    "cost_hash160": linear(a=1, b=188),
    "cost_sha256": linear(a=1, b=100),
    "cost_sha512": linear(a=1, b=176),
    "cost_sha512t256": linear(a=1, b=56),
    "cost_keccak256": linear(a=1, b=127),
    "cost_secp256k1recover": constant(8655),
    "cost_secp256k1verify": constant(8349),
    "cost_print": linear(a=15, b=1458),
    "cost_some_cons": constant(199),
    "cost_ok_cons": constant(199),
    "cost_err_cons": constant(199),
    "cost_default_to": constant(268),
    "cost_unwrap_ret": constant(274),
    "cost_unwrap_err_or_ret": constant(302),
    "cost_is_okay": constant(258),
    "cost_is_none": constant(214),
    "cost_is_err": constant(245),
    "cost_is_some": constant(195),
    "cost_unwrap": constant(252),
    "cost_unwrap_err": constant(248),
    "cost_try_ret": constant(240),
    "cost_match": constant(264),
    "cost_or": linear(a=3, b=120),
    "cost_and": linear(a=3, b=120),
    "cost_append": linear(a=73, b=285),
    "cost_concat": linear(a=37, b=220),
    "cost_as_max_len": constant(475),
    "cost_contract_call": constant(134),
    "cost_contract_of": constant(13_400),
    "cost_principal_of": constant(984),
    "cost_at_block": storage(runtime=1327, read_count=1, read_length=1),
    "cost_load_contract": storage(
        runtime=linear(a=1, b=80), read_count=3, read_length=linear(a=1, b=1)
    ),
    "cost_create_map": storage(
        runtime=linear(a=1, b=1564), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_var": storage(
        runtime=linear(a=7, b=2025), write_length=linear(a=1, b=1), write_count=2
    ),
    "cost_create_nft": storage(
        runtime=linear(a=1, b=1570), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_create_ft": storage(runtime=1831, write_length=1, write_count=2),
    "cost_fetch_entry": storage(
        runtime=linear(a=1, b=1025), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_entry": storage(
        runtime=linear(a=4, b=1899), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_fetch_var": storage(
        runtime=linear(a=1, b=468), read_count=1, read_length=linear(a=1, b=1)
    ),
    "cost_set_var": storage(
        runtime=linear(a=5, b=655), write_length=linear(a=1, b=1), write_count=1, read_count=1
    ),
    "cost_contract_storage": storage(
        runtime=linear(a=11, b=7165), write_length=linear(a=1, b=1), write_count=1
    ),
    "cost_block_info": storage(runtime=6321, read_count=1, read_length=1),
    "cost_stx_balance": storage(runtime=4294, read_count=1, read_length=1),
    "cost_stx_transfer": storage(
        runtime=4640, write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_ft_mint": storage(
        runtime=1479, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_transfer": storage(
        runtime=549, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_ft_balance": storage(runtime=479, read_count=1, read_length=1),
    "cost_nft_mint": storage(
        runtime=linear(a=9, b=575), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_transfer": storage(
        runtime=linear(a=9, b=572), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_nft_owner": storage(runtime=linear(a=9, b=795), read_count=1, read_length=1),
    "cost_ft_get_supply": storage(runtime=420, read_count=1, read_length=1),
    "cost_ft_burn": storage(
        runtime=549, write_length=1, write_count=2, read_count=2, read_length=1
    ),
    "cost_nft_burn": storage(
        runtime=linear(a=9, b=572), write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "poison_microblock": storage(
        runtime=17_485, write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_buff_to_int_le": constant(141),
    "cost_buff_to_uint_le": constant(141),
    "cost_buff_to_int_be": constant(141),
    "cost_buff_to_uint_be": constant(141),
    "cost_is_standard": constant(127),
    "cost_principal_destruct": constant(314),
    "cost_principal_construct": constant(398),
    "cost_string_to_int": constant(168),
    "cost_string_to_uint": constant(168),
    "cost_int_to_ascii": constant(147),
    "cost_int_to_utf8": constant(181),
    "cost_burn_block_info": storage(runtime=96_479, read_count=1, read_length=1),
    "cost_stx_account": storage(runtime=4654, read_count=1, read_length=1),
    "cost_slice": constant(448),
    "cost_to_consensus_buff": linear(a=1, b=233),
    "cost_from_consensus_buff": nlogn(a=3, b=185),
    "cost_stx_transfer_memo": storage(
        runtime=4709, write_length=1, write_count=1, read_count=1, read_length=1
    ),
    "cost_replace_at": linear(a=1, b=561),
    "cost_as_contract": constant(138),
    "cost_bitwise_and": linear(a=15, b=129),
    "cost_bitwise_or": linear(a=15, b=129),
    "cost_bitwise_not": constant(147),
    "cost_bitwise_left_shift": constant(167),
    "cost_bitwise_right_shift": constant(167),
}
