PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE _sqlx_migrations (
    version BIGINT PRIMARY KEY,
    description TEXT NOT NULL,
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    success BOOLEAN NOT NULL,
    checksum BLOB NOT NULL,
    execution_time BIGINT NOT NULL
);
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:11',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',1381762);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:11',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',1198028);
INSERT INTO _sqlx_migrations VALUES(3,'routes','2026-11-26 10:34:11',1,X'cadf6ab361a8597011c63d4bddc50a254794754d090d296e210166c95903041a75ad820915943ca6ae08d70e4b823de2',3340425);
INSERT INTO _sqlx_migrations VALUES(4,'executions','2026-11-26 10:34:11',1,X'8f8bae85d0b7c602aae587b190e75246345d92191d73a5101baf9b0b8b900a1d3aae7531388050bb64a4cfae885e6efd',15981378);
INSERT INTO _sqlx_migrations VALUES(5,'harbor api','2026-11-26 10:34:11',1,X'479a9e054bf9f108c63c12b49c2d22aaa61b383433ea63e528fc56c485d4715257d5b7521ef0a86b529e5914930113e3',3498260);
INSERT INTO _sqlx_migrations VALUES(6,'images','2026-11-26 10:34:11',1,X'8d04d4c83894ad27ffa240c7fd791d873a7127804041228c2a9c74e608adb2fd9492f6d0666b5d5783a62e1dee961c2e',2156598);
INSERT INTO _sqlx_migrations VALUES(7,'changes','2026-11-26 10:34:11',1,X'5cbb25ddac657a6dda4fb7b3c8ea235ea4bc2b80bec50f363ad89d425731639a576b878947fe40af87ea0d4cb1ad7651',939121);
CREATE TABLE events (
    id                  TEXT   NOT NULL PRIMARY KEY,
    accepted_at         BIGINT NOT NULL,
    outcome             TEXT   NOT NULL,
    harbor_host         TEXT   NOT NULL,
    project             TEXT   NOT NULL,
    repository          TEXT   NOT NULL,
    -- A JSON array of the versions that were news when the event came in.
    versions            TEXT   NOT NULL,
    registry            TEXT   NOT NULL,
    description         TEXT   NOT NULL,
    -- Unix seconds, as Harbor says it.
    execution_timestamp BIGINT NOT NULL,
    execution_id        BIGINT NOT NULL,
    occurred_at         BIGINT NOT NULL,
    payload             TEXT   NOT NULL, source TEXT NOT NULL DEFAULT 'webhook', operation TEXT NOT NULL DEFAULT 'copy', rule TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', task_id BIGINT NOT NULL DEFAULT 0, late BIGINT NOT NULL DEFAULT 0, split_from TEXT NOT NULL DEFAULT '', remote_namespace TEXT NOT NULL DEFAULT '', rule_id BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0)
);
INSERT INTO events VALUES('01a2176b-848e-7209-b09b-c742f11a3e05',1795689251982,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689191,191,1795689227000,'{"type":"REPLICATION","occur_at":1795689227,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689191,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":191,"task_id":9191,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}','webhook','copy','','',9191,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-84eb-7541-8af2-e2cce1d3d9d3',1795689252075,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":192,"task_id":9192,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9192,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-91f2-7605-9084-9b225b9a85b0',1795689255410,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9192,0,'','mars',0);
INSERT INTO events VALUES('01a2176b-9f9b-77e9-9cfd-91cd5d0dd6f8',1795689258907,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9fad-76c2-872c-1b79df592ad4',1795689258925,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9fc2-7409-9a53-4ba438644312',1795689258946,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9fd3-71bc-9033-0c143a445fe4',1795689258963,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9fe9-7783-a810-06c461ee3302',1795689258985,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-9ff8-70c6-8762-60478bc302a8',1795689259000,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a009-745c-b714-e5aa8d84e29d',1795689259017,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a020-7152-9a08-20e7cdc5904e',1795689259040,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a02f-70e9-b14b-d587fa6ca056',1795689259055,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a03f-76b2-8915-740aca44027d',1795689259071,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a04f-72fe-b9af-28f0d83b3db0',1795689259087,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-a060-71d7-8707-07614350eb5d',1795689259104,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689193,193,1795689229000,'{"type":"REPLICATION","occur_at":1795689229,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689193,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":193,"task_id":9193,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9193,0,'','venus',0);
INSERT INTO events VALUES('01a2176b-da9c-77f4-bcb8-e6dd22ee4b2d',1795689274012,'failed','harbor.example.com','','','[]','aliyun-acr','阿里仓',1795689237,9001,1795689273000,'{"execution":{"id":9001,"policy_id":1,"status":"Failed","status_text":"failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout","trigger":"event_based","start_time":"2026-11-26T10:33:57Z","end_time":"2026-11-26T10:34:33Z","total":0,"succeed":0,"failed":0}}','harbor_api','copy','to-aliyun','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',0,0,'','',1);
INSERT INTO events VALUES('01a2176b-ea40-737a-b162-7dc0987651fc',1795689278016,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.4"]','huawei-swr','华为仓',1795689237,9002,1795689273000,'{"type":"REPLICATION","occur_at":1795689273,"event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","execution_timestamp":1795689237,"execution_id":9002,"task_id":9002,"src_resource":{"endpoint":"harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","endpoint":"https://registry.example.net","namespace":"mars"},"successful_artifact":[{"name_tag":"mars-api [1 item(s) in total]","references":["v1.2.4"]}]}}}','harbor_api','copy','to-huawei','',9002,1,'','mars',2);
INSERT INTO events VALUES('01a2176b-f416-7450-a6ed-7d7a00ea4f5a',1795689280534,'succeeded','harbor.example.com','mars','mars/mars-old','["v1.0.0"]','huawei-swr','华为仓',1795689237,9003,1795689273000,'{"type":"REPLICATION","occur_at":1795689273,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689237,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9003,"task_id":9003,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-old [1 item(s) in total]","references":["v1.0.0"]}]}}}','webhook','delete','to-huawei','',9003,0,'','mars',2);
INSERT INTO events VALUES('01a2176c-014f-77fa-a7d8-6b61d7e4f5bd',1795689283919,'failed','harbor.example.com','mars','mars/mars-api','["v2.1.1"]','huawei-swr','华为仓',1795689237,9004,1795689273000,'{"type":"REPLICATION","occur_at":1795689273,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689237,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','webhook','copy','to-huawei','failed to push the manifest: http status code: 403, body: denied',9004,0,'','mars',2);
INSERT INTO events VALUES('01a2176c-0156-7696-84ef-2dfdfd937450',1795689283925,'succeeded','harbor.example.com','mars','mars/mars-api','["v2.1.0"]','huawei-swr','华为仓',1795689237,9004,1795689273000,'{"type":"REPLICATION","occur_at":1795689273,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689237,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','harbor_api','copy','','',9004,0,'01a2176c-014f-77fa-a7d8-6b61d7e4f5bd','mars',0);
INSERT INTO events VALUES('01a2176c-0f9b-7637-8530-745ae9c05f56',1795689287579,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1be5-70dd-ae81-78cb469762c9',1795689290725,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689191,0,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-1bf7-77a1-a3a1-31176adc21bc',1795689290743,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-200d-77c0-b11a-11e6d9f70345',1795689291789,'succeeded','harbor.example.com','venus','venus/sub/web','["for-two-1.0"]','aliyun-acr','阿里仓',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "venus"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "venus"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "sub/web [1 item(s) in total]", "references": ["for-two-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','venus',0);
INSERT INTO events VALUES('01a2176c-202b-752b-b23e-dd1c225d73ea',1795689291819,'failed','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689191,816,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-202f-7687-822e-ea0ccbc7bc3a',1795689291823,'succeeded','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689191,816,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-208d-7730-8b06-50537e2efcc6',1795689291917,'failed','harbor.example.com','mars','mars/mars-api','["held-1.0"]','aliyun-acr','阿里仓',1795689191,817,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["held-1.0"]}], "execution_id": 817}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-2091-70e2-8832-8a808fb9ee08',1795689291921,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-20a9-74e2-99f4-ecaef4d764ee',1795689291945,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
INSERT INTO events VALUES('01a2176c-20ad-74e4-8dc8-ca30fa3337fc',1795689291949,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689191,815,1795689227000,'{"type": "REPLICATION", "occur_at": 1795689227, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689191, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'','mars',0);
CREATE TABLE deliveries (
    id              TEXT   NOT NULL PRIMARY KEY,
    event_id        TEXT   NOT NULL REFERENCES events (id) ON DELETE CASCADE,
    robot           TEXT   NOT NULL,
    state           TEXT   NOT NULL,
    -- Attempts on record, and those of them that ended in a retry since acceptance or replay.
    attempts        BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    batch_limit     BIGINT NOT NULL,
    -- 1: failed alone while its robot was well.
    suspect         BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    -- The clock of giving up: acceptance, or the last replay.
    tried_since     BIGINT NOT NULL,
    next_attempt_at BIGINT NOT NULL,
    finished_at     BIGINT NOT NULL,
    last_error      TEXT   NOT NULL, mentions TEXT NOT NULL DEFAULT '[]', grace_until BIGINT NOT NULL DEFAULT 0, changes TEXT NOT NULL DEFAULT '',
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-8498-7030-b081-af0548b2b898','01a2176b-848e-7209-b09b-c742f11a3e05','default','delivered',1,0,128,0,1795689251982,1795689251982,0,1795689252055,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-84eb-7541-8af2-e2cd275527e5','01a2176b-84eb-7541-8af2-e2cce1d3d9d3','default','delivered',1,0,128,0,1795689252075,1795689262075,0,1795689255449,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-91f3-7748-aeab-3bd88318ce14','01a2176b-91f2-7605-9084-9b225b9a85b0','default','delivered',1,0,128,0,1795689255410,1795689255410,0,1795689258840,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9f9c-70fa-978b-67e70702b3ff','01a2176b-9f9b-77e9-9cfd-91cd5d0dd6f8','default','delivered',3,2,128,0,1795689258907,1795689258907,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9fae-72c5-9169-b63c57f1ec2e','01a2176b-9fad-76c2-872c-1b79df592ad4','default','delivered',2,1,128,0,1795689258925,1795689258925,0,1795689270378,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9fc3-72af-95d2-a47f0b507351','01a2176b-9fc2-7409-9a53-4ba438644312','default','delivered',2,1,128,0,1795689258946,1795689258946,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9fd5-7074-ab6d-0507b6afc407','01a2176b-9fd3-71bc-9033-0c143a445fe4','default','delivered',2,1,128,0,1795689258963,1795689258963,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9fe9-7783-a810-06c5745e85bd','01a2176b-9fe9-7783-a810-06c461ee3302','default','delivered',2,1,128,0,1795689258985,1795689258985,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-9ff9-7319-98c0-1479050e04f9','01a2176b-9ff8-70c6-8762-60478bc302a8','default','delivered',2,1,128,0,1795689259000,1795689259000,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a00e-7699-8f64-b3a6f2503d8a','01a2176b-a009-745c-b714-e5aa8d84e29d','default','delivered',2,1,128,0,1795689259017,1795689259017,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a020-7152-9a08-20e80b4be3de','01a2176b-a020-7152-9a08-20e7cdc5904e','default','delivered',2,1,128,0,1795689259040,1795689259040,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a030-717b-ab56-88b164ab5018','01a2176b-a02f-70e9-b14b-d587fa6ca056','default','delivered',2,1,128,0,1795689259055,1795689259055,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a040-7467-86a0-b63ce3bacac6','01a2176b-a03f-76b2-8915-740aca44027d','default','delivered',2,1,128,0,1795689259071,1795689259071,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a051-77d7-9a98-9d4703f70c1a','01a2176b-a04f-72fe-b9af-28f0d83b3db0','default','delivered',2,1,128,0,1795689259087,1795689259087,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-a068-7337-9e32-05221cca4ad3','01a2176b-a060-71d7-8707-07614350eb5d','default','delivered',2,1,128,0,1795689259104,1795689259104,0,1795689273779,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-da9d-701b-937c-735a0fa88584','01a2176b-da9c-77f4-bcb8-e6dd22ee4b2d','default','delivered',1,0,128,0,1795689274012,1795689274012,0,1795689277171,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-ea40-737a-b162-7dc10899604f','01a2176b-ea40-737a-b162-7dc0987651fc','default','delivered',1,0,128,0,1795689278016,1795689278016,0,1795689280566,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176b-f417-74ad-be95-d6fb1ed827cd','01a2176b-f416-7450-a6ed-7d7a00ea4f5a','default','delivered',1,0,128,0,1795689280534,1795689290534,0,1795689283956,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-0150-72a0-9bb0-dbc2665eddfb','01a2176c-014f-77fa-a7d8-6b61d7e4f5bd','default','delivered',1,0,128,0,1795689283919,1795689293919,0,1795689287356,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-0156-7696-84ef-2dfcf3694830','01a2176c-0156-7696-84ef-2dfdfd937450','default','delivered',1,0,128,0,1795689283925,1795689283925,0,1795689287356,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-0fb1-730e-b39c-0ab0857179f2','01a2176c-0f9b-7637-8530-745ae9c05f56','default','delivered',2,0,128,0,1795689287579,1795689290791,0,1795689291762,'','[]',0,'01a2176c-1c27-762b-8b58-0b27d4fe9323 ');
INSERT INTO deliveries VALUES('01a2176c-1be5-70dd-ae81-78cc057ad72c','01a2176c-1be5-70dd-ae81-78cb469762c9','default','delivered',1,0,128,0,1795689290725,1795689290725,0,1795689290735,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-1bf8-77b4-a525-85511aa03e62','01a2176c-1bf7-77a1-a3a1-31176adc21bc','default','failed',1,0,128,0,1795689290743,1795689290743,0,1795689290750,'errcode 40008: invalid message type','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-200e-7585-8692-fa2ca13747b1','01a2176c-200d-77c0-b11a-11e6d9f70345','default','delivered',1,0,128,0,1795689291789,1795689291789,0,1795689291803,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-200e-7585-8692-fa2dc9f435c0','01a2176c-200d-77c0-b11a-11e6d9f70345','运维','pending',1,0,128,0,1795689291789,1795689291789,1795689291804,0,'errcode 93000: invalid webhook url','["zhangsan","li.si"]',0,'');
INSERT INTO deliveries VALUES('01a2176c-202c-77dc-855a-3edbb160d26c','01a2176c-202b-752b-b23e-dd1c225d73ea','default','superseded',0,0,128,0,1795689291819,1795710891819,0,1795689291823,'','[]',1795710891819,'');
INSERT INTO deliveries VALUES('01a2176c-202f-7687-822e-ea0d6b8c77f2','01a2176c-202f-7687-822e-ea0ccbc7bc3a','default','delivered',1,0,128,0,1795689291823,1795689291823,0,1795689291843,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-208e-7344-8530-9fc0e6976eff','01a2176c-208d-7730-8b06-50537e2efcc6','default','pending',0,0,128,0,1795689291917,1795710891917,1795710891917,0,'','[]',1795710891917,'');
INSERT INTO deliveries VALUES('01a2176c-2091-70e2-8832-8a815b8bf719','01a2176c-2091-70e2-8832-8a808fb9ee08','default','sending',1,0,128,0,1795689291921,1795689291921,1795689291921,0,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-20aa-7710-8a6a-65db88612542','01a2176c-20a9-74e2-99f4-ecaef4d764ee','default','pending',0,0,128,0,1795689291945,1795689291945,1795689291945,0,'','[]',0,'');
INSERT INTO deliveries VALUES('01a2176c-20ad-74e4-8dc8-ca31ac9df825','01a2176c-20ad-74e4-8dc8-ca30fa3337fc','default','discarded',0,0,128,0,1795689291949,1795689291949,0,1795689291982,'','[]',0,'01a2176c-20ce-76a5-85c2-041aa47e3c0f ');
CREATE TABLE messages (
    id          TEXT   NOT NULL PRIMARY KEY,
    robot       TEXT   NOT NULL,
    body        TEXT   NOT NULL,
    started_at  BIGINT NOT NULL,
    duration_ms BIGINT NOT NULL,
    outcome     TEXT   NOT NULL,
    -- 0: no HTTP answer came.
    http_status BIGINT NOT NULL,
    -- NULL: the answer had none; every number is a code that WeCom may use.
    errcode     BIGINT,
    errmsg      TEXT   NOT NULL,
    CONSTRAINT messages_outcome_known
        CHECK (outcome IN ('in_flight', 'delivered', 'retry', 'ambiguous', 'throttled', 'robot_broken',
                           'rejected', 'unknown'))
);
INSERT INTO messages VALUES('01a2176b-849d-7370-a6a8-e346800c279c','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.3`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689251997,58,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-91e0-7695-a947-0f797e61b8f8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:48\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/192/tasks)"}}',1795689255393,56,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-9f22-7186-ade8-e74ff0465448','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:48（用时 36 秒）"}}',1795689258787,53,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-ac62-76cd-bd4f-80f52b5701a1','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:49\n> `venus/web` `v3.1.0` 18:33:49\n> `venus/auth` `v3.1.0` 18:33:49\n> `venus/cart` `v3.1.0` 18:33:49\n> `venus/mail` `v3.1.0` 18:33:49\n> `venus/map` `v3.1.0` 18:33:49\n> `venus/tax` `v3.1.0` 18:33:49\n> `venus/user` `v3.1.0` 18:33:49\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:49\n> `venus/queue` `v3.1.0` 18:33:49\n> `venus/search` `v3.1.0` 18:33:49\n> `venus/stock` `v3.1.0` 18:33:49"}}',1795689262178,3,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-b96f-77f8-890f-b220e459af75','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/api`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:49（用时 36 秒）"}}',1795689265520,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-cc33-75ed-a53d-9a73aa0fd5f9','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/web`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:49（用时 36 秒）"}}',1795689270324,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d976-719b-ae23-750a7d011b95','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:49\n> `venus/auth` `v3.1.0` 18:33:49\n> `venus/cart` `v3.1.0` 18:33:49\n> `venus/mail` `v3.1.0` 18:33:49\n> `venus/map` `v3.1.0` 18:33:49\n> `venus/tax` `v3.1.0` 18:33:49\n> `venus/user` `v3.1.0` 18:33:49\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:49\n> `venus/queue` `v3.1.0` 18:33:49\n> `venus/search` `v3.1.0` 18:33:49\n> `venus/stock` `v3.1.0` 18:33:49"}}',1795689273720,59,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-e6bc-7469-b4c1-e2e68f48ce65','default','{"msgtype":"markdown","markdown":{"content":"**复制失败** 阿里仓\n> 规则：`to-aliyun`\n> 原因：failed to create adapter for destination registry https：//registry.example.net: dial tcp: i/o timeout\n> 时间：2026-11-26 18:34:33\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/9001/tasks)"}}',1795689277116,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-f3fc-743d-a20a-ed56c6b8ad67','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 华为仓（补报）\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.4`\n> 时间：2026-11-26 18:34:33（用时 36 秒）"}}',1795689280508,58,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-013e-7500-8d46-0cad0cb9dbdb','default','{"msgtype":"markdown","markdown":{"content":"**镜像删除** <font color=\"info\">成功</font> 华为仓\n> 镜像：`mars/mars-old`\n> 版本：`v1.0.0`\n> 时间：2026-11-26 18:34:33（用时 36 秒）"}}',1795689283902,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-0e7f-756a-acb9-3b03dcca71d9','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 1，失败 1\n<font color=\"warning\">失败</font> 华为仓\n> `mars/mars-api` `v2.1.1` 18:34:33 failed to push the manifest: http status code: 403, body: denied [记录](https://harbor.example.com/harbor/replications/9004/tasks)\n<font color=\"info\">成功</font> 华为仓\n> `mars/mars-api` `v2.1.0` 18:34:33"}}',1795689287298,58,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-1bc5-7162-8fd4-bd1f30f8b66f','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689290693,6,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-1beb-7522-8609-a691c7bea933','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`old-harbor`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689290731,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-1bfb-7301-9cb1-000a5a22f739','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`rejected-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689290747,3,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176c-1fef-7348-b937-0e2482b15b50','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689291759,3,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-2017-73fb-917c-56a827653805','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/sub/web`\n> 版本：`for-two-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689291799,4,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-2018-7089-a62e-48428ae8f675','运维','{"msgtype":"text","text":{"content":"镜像入仓 成功 阿里仓\n镜像：venus/sub/web\n版本：for-two-1.0\n时间：2026-11-26 18:33:47（用时 36 秒）","mentioned_list":["zhangsan","li.si"]}}',1795689291802,2,'robot_broken',200,93000,'invalid webhook url');
INSERT INTO messages VALUES('01a2176c-2032-71d6-89e8-9e14627c09b8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`heals-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689291829,14,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-2093-7528-a5ef-2b03d7290bb8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`hangs-1.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689291924,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-8498-7030-b081-af0548b2b898',1,'01a2176b-849d-7370-a6a8-e346800c279c');
INSERT INTO attempts VALUES('01a2176b-84eb-7541-8af2-e2cd275527e5',1,'01a2176b-91e0-7695-a947-0f797e61b8f8');
INSERT INTO attempts VALUES('01a2176b-91f3-7748-aeab-3bd88318ce14',1,'01a2176b-9f22-7186-ade8-e74ff0465448');
INSERT INTO attempts VALUES('01a2176b-9f9c-70fa-978b-67e70702b3ff',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9fae-72c5-9169-b63c57f1ec2e',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9fc3-72af-95d2-a47f0b507351',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9fd5-7074-ab6d-0507b6afc407',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9fe9-7783-a810-06c5745e85bd',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9ff9-7319-98c0-1479050e04f9',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a00e-7699-8f64-b3a6f2503d8a',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a020-7152-9a08-20e80b4be3de',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a030-717b-ab56-88b164ab5018',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a040-7467-86a0-b63ce3bacac6',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a051-77d7-9a98-9d4703f70c1a',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-a068-7337-9e32-05221cca4ad3',1,'01a2176b-ac62-76cd-bd4f-80f52b5701a1');
INSERT INTO attempts VALUES('01a2176b-9f9c-70fa-978b-67e70702b3ff',2,'01a2176b-b96f-77f8-890f-b220e459af75');
INSERT INTO attempts VALUES('01a2176b-9fae-72c5-9169-b63c57f1ec2e',2,'01a2176b-cc33-75ed-a53d-9a73aa0fd5f9');
INSERT INTO attempts VALUES('01a2176b-9f9c-70fa-978b-67e70702b3ff',3,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-9fc3-72af-95d2-a47f0b507351',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-9fd5-7074-ab6d-0507b6afc407',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-9fe9-7783-a810-06c5745e85bd',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-9ff9-7319-98c0-1479050e04f9',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a00e-7699-8f64-b3a6f2503d8a',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a020-7152-9a08-20e80b4be3de',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a030-717b-ab56-88b164ab5018',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a040-7467-86a0-b63ce3bacac6',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a051-77d7-9a98-9d4703f70c1a',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-a068-7337-9e32-05221cca4ad3',2,'01a2176b-d976-719b-ae23-750a7d011b95');
INSERT INTO attempts VALUES('01a2176b-da9d-701b-937c-735a0fa88584',1,'01a2176b-e6bc-7469-b4c1-e2e68f48ce65');
INSERT INTO attempts VALUES('01a2176b-ea40-737a-b162-7dc10899604f',1,'01a2176b-f3fc-743d-a20a-ed56c6b8ad67');
INSERT INTO attempts VALUES('01a2176b-f417-74ad-be95-d6fb1ed827cd',1,'01a2176c-013e-7500-8d46-0cad0cb9dbdb');
INSERT INTO attempts VALUES('01a2176c-0150-72a0-9bb0-dbc2665eddfb',1,'01a2176c-0e7f-756a-acb9-3b03dcca71d9');
INSERT INTO attempts VALUES('01a2176c-0156-7696-84ef-2dfcf3694830',1,'01a2176c-0e7f-756a-acb9-3b03dcca71d9');
INSERT INTO attempts VALUES('01a2176c-0fb1-730e-b39c-0ab0857179f2',1,'01a2176c-1bc5-7162-8fd4-bd1f30f8b66f');
INSERT INTO attempts VALUES('01a2176c-1be5-70dd-ae81-78cc057ad72c',1,'01a2176c-1beb-7522-8609-a691c7bea933');
INSERT INTO attempts VALUES('01a2176c-1bf8-77b4-a525-85511aa03e62',1,'01a2176c-1bfb-7301-9cb1-000a5a22f739');
INSERT INTO attempts VALUES('01a2176c-0fb1-730e-b39c-0ab0857179f2',2,'01a2176c-1fef-7348-b937-0e2482b15b50');
INSERT INTO attempts VALUES('01a2176c-200e-7585-8692-fa2ca13747b1',1,'01a2176c-2017-73fb-917c-56a827653805');
INSERT INTO attempts VALUES('01a2176c-200e-7585-8692-fa2dc9f435c0',1,'01a2176c-2018-7089-a62e-48428ae8f675');
INSERT INTO attempts VALUES('01a2176c-202f-7687-822e-ea0d6b8c77f2',1,'01a2176c-2032-71d6-89e8-9e14627c09b8');
INSERT INTO attempts VALUES('01a2176c-2091-70e2-8832-8a815b8bf719',1,'01a2176c-2093-7528-a5ef-2b03d7290bb8');
CREATE TABLE robots (
    name          TEXT   NOT NULL PRIMARY KEY,
    failures      BIGINT NOT NULL,
    failing_since BIGINT NOT NULL,
    -- 1: WeCom refused the key or the robot, and no message has passed since.
    broken        BIGINT NOT NULL,
    pause         TEXT   NOT NULL,
    paused_until  BIGINT NOT NULL,
    last_error    TEXT   NOT NULL,
    next_slot_at  BIGINT NOT NULL,
    -- A test message that somebody asked for: the id it will have; '' for none.
    test_id       TEXT   NOT NULL,
    -- The process that may send for this robot, and until when.
    lease_owner   TEXT   NOT NULL,
    lease_until   BIGINT NOT NULL,
    CONSTRAINT robots_pause_known CHECK (pause IN ('none', 'retry', 'throttled', 'broken')),
    CONSTRAINT robots_failing_iff_counted CHECK ((failures = 0) = (failing_since = 0))
);
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689291924,'','01a2176c-0f49-7141-b42b-7aa69fdc6393',1795689321924);
INSERT INTO robots VALUES('运维',1,1795689291802,1,'broken',1795689789287,'errcode 93000: invalid webhook url',1795689291804,'','01a2176c-0f49-7141-b42b-7aa69fdc6393',1795689321802);
CREATE TABLE arrivals (
    key       TEXT NOT NULL,
    -- Harbor's number of the execution, or `rule ` and the beginning of the rule's description where Harbor sends none.
    execution TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    version   TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED, repository TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (key, execution, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689191-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','191','succeeded','v1.2.3','01a2176b-848e-7209-b09b-c742f11a3e05','mars/mars-api');
INSERT INTO arrivals VALUES('1795689192-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','192','failed','v2.0.0','01a2176b-84eb-7541-8af2-e2cce1d3d9d3','mars/mars-web');
INSERT INTO arrivals VALUES('1795689192-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','192','succeeded','v2.0.0','01a2176b-91f2-7605-9084-9b225b9a85b0','mars/mars-web');
INSERT INTO arrivals VALUES('1795689193-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','193','succeeded','v3.1.0','01a2176b-9f9b-77e9-9cfd-91cd5d0dd6f8','venus/api');
INSERT INTO arrivals VALUES('1795689193-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','193','succeeded','v3.1.0','01a2176b-9fad-76c2-872c-1b79df592ad4','venus/web');
INSERT INTO arrivals VALUES('1795689193-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','193','succeeded','v3.1.0','01a2176b-9fc2-7409-9a53-4ba438644312','venus/auth');
INSERT INTO arrivals VALUES('1795689193-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','193','succeeded','v3.1.0','01a2176b-9fd3-71bc-9033-0c143a445fe4','venus/billing');
INSERT INTO arrivals VALUES('1795689193-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','193','succeeded','v3.1.0','01a2176b-9fe9-7783-a810-06c461ee3302','venus/cart');
INSERT INTO arrivals VALUES('1795689193-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','193','succeeded','v3.1.0','01a2176b-9ff8-70c6-8762-60478bc302a8','venus/mail');
INSERT INTO arrivals VALUES('1795689193-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','193','succeeded','v3.1.0','01a2176b-a009-745c-b714-e5aa8d84e29d','venus/map');
INSERT INTO arrivals VALUES('1795689193-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','193','succeeded','v3.1.0','01a2176b-a020-7152-9a08-20e7cdc5904e','venus/queue');
INSERT INTO arrivals VALUES('1795689193-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','193','succeeded','v3.1.0','01a2176b-a02f-70e9-b14b-d587fa6ca056','venus/search');
INSERT INTO arrivals VALUES('1795689193-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','193','succeeded','v3.1.0','01a2176b-a03f-76b2-8915-740aca44027d','venus/stock');
INSERT INTO arrivals VALUES('1795689193-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','193','succeeded','v3.1.0','01a2176b-a04f-72fe-b9af-28f0d83b3db0','venus/tax');
INSERT INTO arrivals VALUES('1795689193-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','193','succeeded','v3.1.0','01a2176b-a060-71d7-8707-07614350eb5d','venus/user');
INSERT INTO arrivals VALUES('1795689237-2e06a9103d7ddc713b89a269e65f255a4b62ca0f11a5075fa9d3a894c9ab058e','9001','failed','','01a2176b-da9c-77f4-bcb8-e6dd22ee4b2d','');
INSERT INTO arrivals VALUES('1795689237-583cf5a764b468002a516609a3d13689dbe869ff30a3189902d9ddd84eb19ff2','9002','succeeded','v1.2.4','01a2176b-ea40-737a-b162-7dc0987651fc','mars/mars-api');
INSERT INTO arrivals VALUES('1795689237-22bc0b9d9321d13f9494f902d0bf53fc19ae65f4d9a977592df6bc3b3124e10c','9003','succeeded','v1.0.0','01a2176b-f416-7450-a6ed-7d7a00ea4f5a','mars/mars-old');
INSERT INTO arrivals VALUES('1795689237-865735120aef7f142be242a830f7f6ebb65bcb7b045a9d5ec6a26a88d9f1c63e','9004','failed','v2.1.1','01a2176c-014f-77fa-a7d8-6b61d7e4f5bd','mars/mars-api');
INSERT INTO arrivals VALUES('1795689237-b94ef87e5787b55023b4ed0309c494d3dbf03846e10b3739b96e525132f7b9b5','9004','succeeded','v2.1.0','01a2176c-0156-7696-84ef-2dfdfd937450','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','815','succeeded','told-1.0','01a2176c-0f9b-7637-8530-745ae9c05f56','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','rule 阿里仓','succeeded','old-harbor','01a2176c-1be5-70dd-ae81-78cb469762c9','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','815','succeeded','rejected-1.0','01a2176c-1bf7-77a1-a3a1-31176adc21bc','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-ec9d237b96dc7cdafeb06c84451fd4c599f71a74477311bb8691915f55a2ad99','815','succeeded','for-two-1.0','01a2176c-200d-77c0-b11a-11e6d9f70345','venus/sub/web');
INSERT INTO arrivals VALUES('1795689191-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','failed','heals-1.0','01a2176c-202b-752b-b23e-dd1c225d73ea','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','succeeded','heals-1.0','01a2176c-202f-7687-822e-ea0ccbc7bc3a','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-0939e42c53317ef1213ae1dfd72e692eab65e5753ff65b60430db2f706953c4d','817','failed','held-1.0','01a2176c-208d-7730-8b06-50537e2efcc6','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','815','succeeded','hangs-1.0','01a2176c-2091-70e2-8832-8a808fb9ee08','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','815','succeeded','waits-1.0','01a2176c-20a9-74e2-99f4-ecaef4d764ee','mars/mars-api');
INSERT INTO arrivals VALUES('1795689191-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','815','succeeded','discarded-1.0','01a2176c-20ad-74e4-8dc8-ca30fa3337fc','mars/mars-api');
CREATE TABLE leases (
    name  TEXT   NOT NULL PRIMARY KEY,
    owner TEXT   NOT NULL,
    until BIGINT NOT NULL
);
CREATE TABLE harbors (
    url              TEXT   NOT NULL PRIMARY KEY,
    -- By Harbor's clock; what ended before it is stored and not sent.
    first_contact_at BIGINT NOT NULL,
    -- The newest execution that was taken into view.
    watermark        BIGINT NOT NULL,
    -- When that one began, by Harbor's clock.
    watermark_at     BIGINT NOT NULL,
    -- Executions below this one are still to be read for the history; 0: all are.
    history_below    BIGINT NOT NULL
);
INSERT INTO harbors VALUES('https://harbor.example.com',1795689251968,9004,1795689237000,0);
CREATE TABLE executions (
    harbor     TEXT   NOT NULL,
    id         BIGINT NOT NULL,
    started_at BIGINT NOT NULL,
    -- When it is looked at next; 0: it is done with.
    look_at    BIGINT NOT NULL,
    -- A JSON array of the tasks that are done with.
    settled    TEXT   NOT NULL,
    PRIMARY KEY (harbor, id)
);
INSERT INTO executions VALUES('https://harbor.example.com',9001,1795689237000,0,'[]');
INSERT INTO executions VALUES('https://harbor.example.com',9002,1795689237000,0,'["9002"]');
INSERT INTO executions VALUES('https://harbor.example.com',9003,1795689237000,0,'["9003"]');
INSERT INTO executions VALUES('https://harbor.example.com',9004,1795689237000,0,'["9004"]');
CREATE TABLE replicating (
    harbor       TEXT   NOT NULL,
    execution_id BIGINT NOT NULL,
    repository   TEXT   NOT NULL,
    registry     TEXT   NOT NULL,
    description  TEXT   NOT NULL,
    -- A JSON array; empty where the versions are unknown.
    versions     TEXT   NOT NULL,
    started_at   BIGINT NOT NULL,
    PRIMARY KEY (harbor, execution_id, repository)
);
CREATE TABLE failing_rules (
    harbor       TEXT   NOT NULL,
    rule_id      BIGINT NOT NULL,
    -- The reason without its numbers: the same one is not sent again within a day.
    kind         TEXT   NOT NULL,
    reason       TEXT   NOT NULL,
    -- 0: nobody was notified.
    sent_at      BIGINT NOT NULL,
    -- The execution that failed last.
    execution_id BIGINT NOT NULL,
    PRIMARY KEY (harbor, rule_id, kind)
);
INSERT INTO failing_rules VALUES('https://harbor.example.com',1,'failed to create adapter for destination registry https registry.example.net dial tcp i o timeout','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',1795689273997,9001);
CREATE TABLE images (
    repository       TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    first_seen_at    BIGINT NOT NULL,
    last_activity_at BIGINT NOT NULL,
    PRIMARY KEY (repository, version)
);
INSERT INTO images VALUES('mars/mars-api','v1.2.3',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-web','v2.0.0',1795689228000,1795689228000);
INSERT INTO images VALUES('venus/api','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/web','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/auth','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/billing','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/cart','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/mail','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/map','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/queue','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/search','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/stock','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/tax','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('venus/user','v3.1.0',1795689229000,1795689229000);
INSERT INTO images VALUES('mars/mars-api','v1.2.4',1795689273000,1795689273000);
INSERT INTO images VALUES('mars/mars-old','v1.0.0',1795689273000,1795689273000);
INSERT INTO images VALUES('mars/mars-api','v2.1.0',1795689273000,1795689273000);
INSERT INTO images VALUES('mars/mars-api','v2.1.1',1795689273000,1795689273000);
INSERT INTO images VALUES('mars/mars-api','told-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','old-harbor',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','rejected-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('venus/sub/web','for-two-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','heals-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','held-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','hangs-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','waits-1.0',1795689227000,1795689227000);
INSERT INTO images VALUES('mars/mars-api','discarded-1.0',1795689227000,1795689227000);
CREATE TABLE destinations (
    repository       TEXT   NOT NULL,
    registry         TEXT   NOT NULL,
    description      TEXT   NOT NULL,
    -- Of the remote side; '' for what came in before there was this column.
    remote_namespace TEXT   NOT NULL,
    -- Harbor's number of the rule; 0 where only webhooks are known, which do not say it.
    rule_id          BIGINT NOT NULL,
    -- When the first and the last execution began, in Unix seconds.
    first_at         BIGINT NOT NULL,
    last_at          BIGINT NOT NULL,
    -- When the first and the last copy arrived; 0: none has.
    first_arrival_at BIGINT NOT NULL,
    last_arrival_at  BIGINT NOT NULL
);
INSERT INTO destinations VALUES('mars/mars-api','aliyun-acr','阿里仓','mars',0,1795689191,1795689191,1795689227000,1795689227000);
INSERT INTO destinations VALUES('mars/mars-web','huawei-swr','华为仓','mars',0,1795689192,1795689192,1795689228000,1795689228000);
INSERT INTO destinations VALUES('venus/api','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/web','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/auth','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/billing','huawei-swr','华为仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/cart','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/mail','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/map','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/queue','huawei-swr','华为仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/search','huawei-swr','华为仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/stock','huawei-swr','华为仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/tax','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('venus/user','aliyun-acr','阿里仓','venus',0,1795689193,1795689193,1795689229000,1795689229000);
INSERT INTO destinations VALUES('mars/mars-api','huawei-swr','华为仓','mars',2,1795689237,1795689237,1795689273000,1795689273000);
INSERT INTO destinations VALUES('mars/mars-old','huawei-swr','华为仓','mars',0,1795689237,1795689237,0,0);
INSERT INTO destinations VALUES('mars/mars-old','huawei-swr','华为仓','mars',2,1795689237,1795689237,1795689273000,1795689273000);
INSERT INTO destinations VALUES('mars/mars-api','huawei-swr','华为仓','mars',0,1795689237,1795689237,1795689273000,1795689273000);
INSERT INTO destinations VALUES('mars/mars-api','aliyun-acr','阿里仓 😀','mars',0,1795689191,1795689191,1795689227000,1795689227000);
INSERT INTO destinations VALUES('venus/sub/web','aliyun-acr','阿里仓','venus',0,1795689191,1795689191,1795689227000,1795689227000);
INSERT INTO destinations VALUES('mars/mars-api','华为','','mars',0,1795689191,1795689191,1795689227000,1795689227000);
CREATE TABLE changes (
    id          TEXT   NOT NULL PRIMARY KEY,
    at          BIGINT NOT NULL,
    verb        TEXT   NOT NULL,
    via         TEXT   NOT NULL,
    -- The address that page and API were asked from, or the user of the command line's system.
    made_by     TEXT   NOT NULL,
    -- How many deliveries it changed; 0 for a test message.
    deliveries  BIGINT NOT NULL,
    -- Which: a filter as JSON, or one delivery's id; the other is empty.
    filter      TEXT   NOT NULL,
    delivery_id TEXT   NOT NULL,
    -- The robot and the message of a test; else empty.
    robot       TEXT   NOT NULL,
    message_id  TEXT   NOT NULL,
    CONSTRAINT changes_verb_known CHECK (verb IN ('replay', 'discard', 'test')),
    CONSTRAINT changes_via_known CHECK (via IN ('page', 'api', 'cli'))
);
INSERT INTO changes VALUES('01a2176c-1c27-762b-8b58-0b27d4fe9323',1795689290791,'replay','cli','root',1,'','01a2176c-0fb1-730e-b39c-0ab0857179f2','','');
INSERT INTO changes VALUES('01a2176c-20ce-76a5-85c2-041aa47e3c0f',1795689291982,'discard','cli','root',1,'','01a2176c-20ad-74e4-8dc8-ca31ac9df825','','');
CREATE UNIQUE INDEX messages_one_in_flight ON messages (robot) WHERE outcome = 'in_flight';
CREATE INDEX attempts_of_message ON attempts (message_id);
CREATE INDEX deliveries_of_state ON deliveries (state, created_at, event_id, robot);
CREATE INDEX deliveries_of_robot ON deliveries (robot, state, created_at, event_id);
CREATE INDEX deliveries_tried ON deliveries (robot, tried_since) WHERE state = 'pending' AND attempts > 0;
CREATE INDEX events_by_repository ON events (lower(substr(repository, 1, 100)), accepted_at, id);
CREATE INDEX events_by_name ON events (
    lower(substr(repository, length(rtrim(repository, replace(repository, '/', ''))) + 1, 100)), accepted_at, id);
CREATE INDEX events_by_registry ON events (lower(substr(registry, 1, 100)), accepted_at, id);
CREATE INDEX events_by_description ON events (lower(substr(description, 1, 100)), accepted_at, id);
CREATE INDEX arrivals_of_event ON arrivals (event_id);
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), substr(description, 1, 100), execution_timestamp);
CREATE INDEX events_of_harbor_api ON events (execution_id) WHERE source <> 'webhook';
CREATE INDEX events_unconfirmed ON events (accepted_at) WHERE operation = 'unconfirmed';
CREATE INDEX deliveries_held ON deliveries (grace_until) WHERE state = 'pending' AND attempts = 0 AND grace_until > 0;
CREATE INDEX executions_in_view ON executions (look_at) WHERE look_at > 0;
CREATE UNIQUE INDEX destinations_once ON destinations (
    repository, substr(registry, 1, 100), substr(description, 1, 100), substr(remote_namespace, 1, 100), rule_id);
CREATE INDEX arrivals_of_image ON arrivals (repository, version, event_id);
CREATE INDEX images_by_activity ON images (last_activity_at, repository, version);
CREATE INDEX images_of_repository ON images (repository, last_activity_at, version);
CREATE INDEX images_by_version ON images (lower(substr(version, 1, 100)));
CREATE INDEX events_of_outcome ON events (outcome, accepted_at, id);
COMMIT;
