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
INSERT INTO _sqlx_migrations VALUES(1,'initial','2026-11-26 10:34:09',1,X'8b9ad01339d63753eb77a5678e6acdaafd9735c149e1661332c1b34d87a3e7f0cdc8b5ddd991c37f9337839b659a3907',7017352);
INSERT INTO _sqlx_migrations VALUES(2,'looking','2026-11-26 10:34:09',1,X'b9d54516ded6f3b204ce8c6335cbefeee918d95b2e82cdef74d49fe842bad4da16550fd747d771262a7f8146353f9d2d',1265759);
INSERT INTO _sqlx_migrations VALUES(3,'routes','2026-11-26 10:34:09',1,X'cadf6ab361a8597011c63d4bddc50a254794754d090d296e210166c95903041a75ad820915943ca6ae08d70e4b823de2',3739641);
INSERT INTO _sqlx_migrations VALUES(4,'executions','2026-11-26 10:34:09',1,X'8f8bae85d0b7c602aae587b190e75246345d92191d73a5101baf9b0b8b900a1d3aae7531388050bb64a4cfae885e6efd',8896966);
INSERT INTO _sqlx_migrations VALUES(5,'harbor api','2026-11-26 10:34:09',1,X'479a9e054bf9f108c63c12b49c2d22aaa61b383433ea63e528fc56c485d4715257d5b7521ef0a86b529e5914930113e3',7977815);
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
    payload             TEXT   NOT NULL, source TEXT NOT NULL DEFAULT 'webhook', operation TEXT NOT NULL DEFAULT 'copy', rule TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', task_id BIGINT NOT NULL DEFAULT 0, late BIGINT NOT NULL DEFAULT 0, split_from TEXT NOT NULL DEFAULT '',
    CONSTRAINT events_outcome_known CHECK (outcome IN ('succeeded', 'failed')),
    CONSTRAINT events_execution_after_1970 CHECK (execution_timestamp >= 0)
);
INSERT INTO events VALUES('01a2176b-7ce7-7556-a627-290ec58713d7',1795689250023,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.3"]','aliyun-acr','阿里仓',1795689190,190,1795689226000,'{"type":"REPLICATION","occur_at":1795689226,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689190,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":190,"task_id":9190,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-api [1 item(s) in total]","references":["v1.2.3"]}]}}}','webhook','copy','','',9190,0,'');
INSERT INTO events VALUES('01a2176b-7d33-76b6-8684-bfc7f56b536a',1795689250099,'failed','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689191,191,1795689227000,'{"type":"REPLICATION","occur_at":1795689227,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689191,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":191,"task_id":9191,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9191,0,'');
INSERT INTO events VALUES('01a2176b-8a3d-7723-a8f2-161369b89ea2',1795689253437,'succeeded','harbor.example.com','mars','mars/mars-web','["v2.0.0"]','huawei-swr','华为仓',1795689191,191,1795689227000,'{"type":"REPLICATION","occur_at":1795689227,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689191,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":191,"task_id":9191,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-web [1 item(s) in total]","references":["v2.0.0"]}]}}}','webhook','copy','','',9191,0,'');
INSERT INTO events VALUES('01a2176b-97e9-75cf-87f3-ae59a897aca4',1795689256937,'succeeded','harbor.example.com','venus','venus/api','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"api [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-97fa-7360-af9f-4bbe034a1373',1795689256954,'succeeded','harbor.example.com','venus','venus/web','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"web [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-980e-7774-8101-ce9a6b5b877e',1795689256975,'succeeded','harbor.example.com','venus','venus/auth','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"auth [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-9821-70a3-957c-daa99174c1d3',1795689256993,'succeeded','harbor.example.com','venus','venus/billing','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"billing [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-983a-7369-bd55-233c3afe560e',1795689257018,'succeeded','harbor.example.com','venus','venus/cart','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"cart [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-984c-71d7-9ab3-2dfe4fced2ba',1795689257036,'succeeded','harbor.example.com','venus','venus/mail','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mail [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-985b-70b3-8edf-222293782ad5',1795689257051,'succeeded','harbor.example.com','venus','venus/map','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"map [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-986a-765c-a810-366026efd72f',1795689257066,'succeeded','harbor.example.com','venus','venus/queue','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"queue [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-987e-7455-8f4d-1319eee60d11',1795689257086,'succeeded','harbor.example.com','venus','venus/search','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"search [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-9891-779e-8afd-a43041cfbf1f',1795689257105,'succeeded','harbor.example.com','venus','venus/stock','["v3.1.0"]','huawei-swr','华为仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"stock [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-98a2-76da-af12-dc44119f8838',1795689257122,'succeeded','harbor.example.com','venus','venus/tax','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"tax [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-98b0-75b8-9c20-cd542d408912',1795689257136,'succeeded','harbor.example.com','venus','venus/user','["v3.1.0"]','aliyun-acr','阿里仓',1795689192,192,1795689228000,'{"type":"REPLICATION","occur_at":1795689228,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"阿里仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689192,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"venus"},"dest_resource":{"registry_name":"aliyun-acr","registry_type":"ali-acr","endpoint":"https://registry.example.net","namespace":"venus"},"execution_id":192,"task_id":9192,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"user [1 item(s) in total]","references":["v3.1.0"]}]}}}','webhook','copy','','',9192,0,'');
INSERT INTO events VALUES('01a2176b-cf09-7717-8824-af3d91ad87af',1795689271049,'failed','harbor.example.com','','','[]','aliyun-acr','阿里仓',1795689234,9001,1795689270000,'{"execution":{"id":9001,"policy_id":1,"status":"Failed","status_text":"failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout","trigger":"event_based","start_time":"2026-11-26T10:33:54Z","end_time":"2026-11-26T10:34:30Z","total":0,"succeed":0,"failed":0}}','harbor_api','copy','to-aliyun','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',0,0,'');
INSERT INTO events VALUES('01a2176b-dace-743d-935f-e7f35c06fcf9',1795689274062,'succeeded','harbor.example.com','mars','mars/mars-api','["v1.2.4"]','huawei-swr','华为仓',1795689234,9002,1795689270000,'{"type":"REPLICATION","occur_at":1795689270,"event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","execution_timestamp":1795689234,"execution_id":9002,"task_id":9002,"src_resource":{"endpoint":"harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","endpoint":"https://registry.example.net","namespace":"mars"},"successful_artifact":[{"name_tag":"mars-api [1 item(s) in total]","references":["v1.2.4"]}]}}}','harbor_api','copy','to-huawei','',9002,1,'');
INSERT INTO events VALUES('01a2176b-e73e-701d-a1ff-1e050602f0b7',1795689277246,'succeeded','harbor.example.com','mars','mars/mars-old','["v1.0.0"]','huawei-swr','华为仓',1795689234,9003,1795689270000,'{"type":"REPLICATION","occur_at":1795689270,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Success","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689234,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9003,"task_id":9003,"successful_artifact":[{"type":"artifact","status":"Success","name_tag":"mars-old [1 item(s) in total]","references":["v1.0.0"]}]}}}','webhook','delete','','',9003,0,'');
INSERT INTO events VALUES('01a2176b-f486-71dd-9093-e18ef1556fee',1795689280646,'failed','harbor.example.com','mars','mars/mars-api','["v2.1.1"]','huawei-swr','华为仓',1795689234,9004,1795689270000,'{"type":"REPLICATION","occur_at":1795689270,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689234,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','webhook','copy','','failed to push the manifest: http status code: 403, body: denied',9004,0,'');
INSERT INTO events VALUES('01a2176b-f48c-7540-81df-57edf59ba352',1795689280652,'succeeded','harbor.example.com','mars','mars/mars-api','["v2.1.0"]','huawei-swr','华为仓',1795689234,9004,1795689270000,'{"type":"REPLICATION","occur_at":1795689270,"operator":"robot$ci","event_data":{"replication":{"harbor_hostname":"harbor.example.com","job_status":"Error","description":"华为仓","artifact_type":"artifact","authentication_type":"basic","override_mode":true,"trigger_type":"EVENT","policy_creator":"admin","execution_timestamp":1795689234,"src_resource":{"registry_type":"harbor","endpoint":"https://harbor.example.com","namespace":"mars"},"dest_resource":{"registry_name":"huawei-swr","registry_type":"huawei-SWR","endpoint":"https://registry.example.net","namespace":"mars"},"execution_id":9004,"task_id":9004,"failed_artifact":[{"type":"artifact","status":"Error","name_tag":"mars-api [2 item(s) in total]","references":["v2.1.0","v2.1.1"]}]}}}','harbor_api','copy','','',9004,0,'01a2176b-f486-71dd-9093-e18ef1556fee');
INSERT INTO events VALUES('01a2176c-02b8-70be-a639-8a0c1cf36de8',1795689284280,'succeeded','harbor.example.com','mars','mars/mars-api','["told-1.0"]','aliyun-acr','阿里仓 😀',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓 😀", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["told-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-0f2f-73d9-a329-53f49d82a60e',1795689287471,'succeeded','harbor.example.com','mars','mars/mars-api','["old-harbor"]','aliyun-acr','阿里仓',1795689189,0,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["old-harbor"]}]}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-0f94-7634-8e63-8a536dd430e4',1795689287572,'succeeded','harbor.example.com','mars','mars/mars-api','["rejected-1.0"]','aliyun-acr','阿里仓',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["rejected-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-13eb-7131-8b17-971541f6155c',1795689288683,'succeeded','harbor.example.com','venus','venus/sub/web','["for-two-1.0"]','aliyun-acr','阿里仓',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "venus"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "venus"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "sub/web [1 item(s) in total]", "references": ["for-two-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-141d-7678-9615-df0b6dc20e23',1795689288733,'failed','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689189,816,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-1426-74d4-afdd-63c3ff214975',1795689288742,'succeeded','harbor.example.com','mars','mars/mars-api','["heals-1.0"]','aliyun-acr','阿里仓',1795689189,816,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["heals-1.0"]}], "execution_id": 816}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-1486-7710-857f-417f8648a4fa',1795689288838,'failed','harbor.example.com','mars','mars/mars-api','["held-1.0"]','aliyun-acr','阿里仓',1795689189,817,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Error", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "failed_artifact": [{"type": "artifact", "status": "Error", "name_tag": "mars-api [1 item(s) in total]", "references": ["held-1.0"]}], "execution_id": 817}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-1489-76b2-a9ea-82607789f944',1795689288841,'succeeded','harbor.example.com','mars','mars/mars-api','["hangs-1.0"]','aliyun-acr','阿里仓',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["hangs-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-14a7-729c-9091-349bc2ece66c',1795689288871,'succeeded','harbor.example.com','mars','mars/mars-api','["waits-1.0"]','华为','',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "华为", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["waits-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
INSERT INTO events VALUES('01a2176c-14aa-70b4-85f2-e1392a72a86b',1795689288874,'succeeded','harbor.example.com','mars','mars/mars-api','["discarded-1.0"]','aliyun-acr','阿里仓',1795689189,815,1795689225000,'{"type": "REPLICATION", "occur_at": 1795689225, "operator": "robot$构建 \"ci\" \\ it''s", "event_data": {"replication": {"harbor_hostname": "harbor.example.com", "job_status": "Success", "description": "阿里仓", "artifact_type": "artifact", "trigger_type": "EVENT", "policy_creator": "admin", "execution_timestamp": 1795689189, "src_resource": {"registry_type": "harbor", "endpoint": "https://harbor.example.com", "namespace": "mars"}, "dest_resource": {"registry_name": "aliyun-acr", "registry_type": "ali-acr", "endpoint": "https://registry.example.net", "namespace": "mars"}, "successful_artifact": [{"type": "artifact", "status": "Success", "name_tag": "mars-api [1 item(s) in total]", "references": ["discarded-1.0"]}], "execution_id": 815}}}','webhook','copy','','',0,0,'');
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
    last_error      TEXT   NOT NULL, mentions TEXT NOT NULL DEFAULT '[]', grace_until BIGINT NOT NULL DEFAULT 0,
    CONSTRAINT deliveries_once_a_robot UNIQUE (event_id, robot),
    CONSTRAINT deliveries_state_known
        CHECK (state IN ('pending', 'sending', 'delivered', 'failed', 'superseded', 'discarded')),
    CONSTRAINT deliveries_finished_iff_final
        CHECK ((finished_at = 0) = (state IN ('pending', 'sending'))),
    CONSTRAINT deliveries_told_only_by_an_attempt
        CHECK (attempts > 0 OR state NOT IN ('sending', 'delivered', 'failed')),
    CONSTRAINT deliveries_batch_limit_positive CHECK (batch_limit > 0)
);
INSERT INTO deliveries VALUES('01a2176b-7cea-712a-a2d4-087b1a398dd4','01a2176b-7ce7-7556-a627-290ec58713d7','default','delivered',1,0,128,0,1795689250023,1795689250023,0,1795689250084,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-7d34-7503-a676-1c229016cbbb','01a2176b-7d33-76b6-8684-bfc7f56b536a','default','delivered',1,0,128,0,1795689250099,1795689260099,0,1795689253478,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-8a3e-77a6-8b9f-6a863e8eb621','01a2176b-8a3d-7723-a8f2-161369b89ea2','default','delivered',1,0,128,0,1795689253437,1795689253437,0,1795689256869,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-97ea-75ee-b9ec-666bb977c331','01a2176b-97e9-75cf-87f3-ae59a897aca4','default','delivered',3,2,128,0,1795689256937,1795689256937,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-97ff-703d-8c2c-a5e52efe3e5d','01a2176b-97fa-7360-af9f-4bbe034a1373','default','delivered',2,1,128,0,1795689256954,1795689256954,0,1795689267097,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9812-7370-acd4-06c74cad402d','01a2176b-980e-7774-8101-ce9a6b5b877e','default','delivered',2,1,128,0,1795689256975,1795689256975,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9822-7771-9e9f-0b5b48f742b0','01a2176b-9821-70a3-957c-daa99174c1d3','default','delivered',2,1,128,0,1795689256993,1795689256993,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-983a-7369-bd55-233d1e951c51','01a2176b-983a-7369-bd55-233c3afe560e','default','delivered',2,1,128,0,1795689257018,1795689257018,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-984c-71d7-9ab3-2dff54215971','01a2176b-984c-71d7-9ab3-2dfe4fced2ba','default','delivered',2,1,128,0,1795689257036,1795689257036,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-985c-76f1-88d4-ee4b16e6892b','01a2176b-985b-70b3-8edf-222293782ad5','default','delivered',2,1,128,0,1795689257051,1795689257051,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-986b-76a4-998a-39d69330f77d','01a2176b-986a-765c-a810-366026efd72f','default','delivered',2,1,128,0,1795689257066,1795689257066,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9883-7288-9d48-1b5c051716fc','01a2176b-987e-7455-8f4d-1319eee60d11','default','delivered',2,1,128,0,1795689257086,1795689257086,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-9892-7708-9611-2fdcc932bc55','01a2176b-9891-779e-8afd-a43041cfbf1f','default','delivered',2,1,128,0,1795689257105,1795689257105,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-98a2-76da-af12-dc4569bb7a53','01a2176b-98a2-76da-af12-dc44119f8838','default','delivered',2,1,128,0,1795689257122,1795689257122,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-98b1-70e8-8e45-b70c690c6240','01a2176b-98b0-75b8-9c20-cd542d408912','default','delivered',2,1,128,0,1795689257136,1795689257136,0,1795689270490,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-cf09-7717-8824-af3ebce16692','01a2176b-cf09-7717-8824-af3d91ad87af','default','delivered',1,0,128,0,1795689271049,1795689271049,0,1795689273888,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-dacf-72bd-944c-59ed8a1a3dd8','01a2176b-dace-743d-935f-e7f35c06fcf9','default','delivered',1,0,128,0,1795689274062,1795689274062,0,1795689277283,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-e73e-701d-a1ff-1e06b256f9db','01a2176b-e73e-701d-a1ff-1e050602f0b7','default','delivered',1,0,128,0,1795689277246,1795689287246,0,1795689280675,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-f487-712d-9e71-2fb0f3e3f85a','01a2176b-f486-71dd-9093-e18ef1556fee','default','delivered',1,0,128,0,1795689280646,1795689290646,0,1795689284069,'','[]',0);
INSERT INTO deliveries VALUES('01a2176b-f48c-7540-81df-57ec47d0e9f6','01a2176b-f48c-7540-81df-57edf59ba352','default','delivered',1,0,128,0,1795689280652,1795689280652,0,1795689284069,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-02b9-7639-b4c0-b1d61e180af2','01a2176c-02b8-70be-a639-8a0c1cf36de8','default','delivered',2,0,128,0,1795689284280,1795689287688,0,1795689288633,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-0f30-77aa-b8c9-ea332f1b1f55','01a2176c-0f2f-73d9-a329-53f49d82a60e','default','delivered',1,0,128,0,1795689287471,1795689287471,0,1795689287497,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-0f95-7681-8937-82cfc88c19f7','01a2176c-0f94-7634-8e63-8a536dd430e4','default','failed',1,0,128,0,1795689287572,1795689287572,0,1795689287597,'errcode 40008: invalid message type','[]',0);
INSERT INTO deliveries VALUES('01a2176c-13ee-76b7-8e05-a10b8bd26440','01a2176c-13eb-7131-8b17-971541f6155c','default','delivered',1,0,128,0,1795689288683,1795689288683,0,1795689288700,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-13ee-76b7-8e05-a10cea7c53b0','01a2176c-13eb-7131-8b17-971541f6155c','运维','pending',1,0,128,0,1795689288683,1795689288683,1795689288701,0,'errcode 93000: invalid webhook url','["zhangsan","li.si"]',0);
INSERT INTO deliveries VALUES('01a2176c-1423-7062-8ba5-892019941dbd','01a2176c-141d-7678-9615-df0b6dc20e23','default','superseded',0,0,128,0,1795689288733,1795710888733,0,1795689288742,'','[]',1795710888733);
INSERT INTO deliveries VALUES('01a2176c-1428-7404-8faa-6d765e40059a','01a2176c-1426-74d4-afdd-63c3ff214975','default','delivered',1,0,128,0,1795689288742,1795689288742,0,1795689288756,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-1487-7095-bfe8-539de74727c0','01a2176c-1486-7710-857f-417f8648a4fa','default','pending',0,0,128,0,1795689288838,1795710888838,1795710888838,0,'','[]',1795710888838);
INSERT INTO deliveries VALUES('01a2176c-1489-76b2-a9ea-8261ece3a587','01a2176c-1489-76b2-a9ea-82607789f944','default','sending',1,0,128,0,1795689288841,1795689288841,1795689288841,0,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-14a7-729c-9091-349cd3717e7e','01a2176c-14a7-729c-9091-349bc2ece66c','default','pending',0,0,128,0,1795689288871,1795689288871,1795689288871,0,'','[]',0);
INSERT INTO deliveries VALUES('01a2176c-14aa-70b4-85f2-e13a72a61163','01a2176c-14aa-70b4-85f2-e1392a72a86b','default','discarded',0,0,128,0,1795689288874,1795689288874,0,1795689288921,'','[]',0);
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
INSERT INTO messages VALUES('01a2176b-7cee-707d-a470-168fb09c93da','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.3`\n> 时间：2026-11-26 18:33:46（用时 36 秒）"}}',1795689250031,53,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-8a2d-7449-8b32-711f455627c8','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"warning\">失败</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:47\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/191/tasks)"}}',1795689253421,57,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-976f-712b-8b51-d1fd96185273','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 华为仓\n> 镜像：`mars/mars-web`\n> 版本：`v2.0.0`\n> 时间：2026-11-26 18:33:47（用时 36 秒）"}}',1795689256815,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-a4ae-744a-a364-8b80addbf19b','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 12\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:48\n> `venus/web` `v3.1.0` 18:33:48\n> `venus/auth` `v3.1.0` 18:33:48\n> `venus/cart` `v3.1.0` 18:33:48\n> `venus/mail` `v3.1.0` 18:33:48\n> `venus/map` `v3.1.0` 18:33:48\n> `venus/tax` `v3.1.0` 18:33:48\n> `venus/user` `v3.1.0` 18:33:48\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:48\n> `venus/queue` `v3.1.0` 18:33:48\n> `venus/search` `v3.1.0` 18:33:48\n> `venus/stock` `v3.1.0` 18:33:48"}}',1795689260206,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-b1b9-7087-92d0-f6bf649b6c9e','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/api`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:48（用时 36 秒）"}}',1795689263545,2,'retry',0,NULL,'cannot connect to WeCom: client error (Connect): tcp connect error: Connection refused (os error 111)');
INSERT INTO messages VALUES('01a2176b-bf63-7351-8ca0-f6a183f8dc6b','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/web`\n> 版本：`v3.1.0`\n> 时间：2026-11-26 18:33:48（用时 36 秒）"}}',1795689267043,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-cca3-748e-9c2a-22b80a669598','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 11\n<font color=\"info\">成功</font> 阿里仓\n> `venus/api` `v3.1.0` 18:33:48\n> `venus/auth` `v3.1.0` 18:33:48\n> `venus/cart` `v3.1.0` 18:33:48\n> `venus/mail` `v3.1.0` 18:33:48\n> `venus/map` `v3.1.0` 18:33:48\n> `venus/tax` `v3.1.0` 18:33:48\n> `venus/user` `v3.1.0` 18:33:48\n<font color=\"info\">成功</font> 华为仓\n> `venus/billing` `v3.1.0` 18:33:48\n> `venus/queue` `v3.1.0` 18:33:48\n> `venus/search` `v3.1.0` 18:33:48\n> `venus/stock` `v3.1.0` 18:33:48"}}',1795689270435,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-d9e4-7287-9703-b41680522f19','default','{"msgtype":"markdown","markdown":{"content":"**复制失败** 阿里仓\n> 规则：`to-aliyun`\n> 原因：failed to create adapter for destination registry https：//registry.example.net: dial tcp: i/o timeout\n> 时间：2026-11-26 18:34:30\n> [查看 Harbor 执行记录](https://harbor.example.com/harbor/replications/9001/tasks)"}}',1795689273830,58,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-e72d-70b3-a994-ee60cc6d2548','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 华为仓（补报）\n> 镜像：`mars/mars-api`\n> 版本：`v1.2.4`\n> 时间：2026-11-26 18:34:30（用时 36 秒）"}}',1795689277229,54,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176b-f46b-7670-928c-17ad6f1a6f2c','default','{"msgtype":"markdown","markdown":{"content":"**镜像删除** <font color=\"info\">成功</font> 华为仓\n> 镜像：`mars/mars-old`\n> 版本：`v1.0.0`\n> 时间：2026-11-26 18:34:30（用时 36 秒）"}}',1795689280620,55,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-01ac-70d9-a9ac-62cc7a69d3d1','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** 成功 1，失败 1\n<font color=\"warning\">失败</font> 华为仓\n> `mars/mars-api` `v2.1.1` 18:34:30 failed to push the manifest: http status code: 403, body: denied [记录](https://harbor.example.com/harbor/replications/9004/tasks)\n<font color=\"info\">成功</font> 华为仓\n> `mars/mars-api` `v2.1.0` 18:34:30"}}',1795689284012,57,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-0eed-74a8-8c77-67ca626aebe7','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689287406,17,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-0f32-7167-8ab8-4e0b11961b7d','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`old-harbor`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689287474,23,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-0f99-751b-9f5e-f22a41d89901','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`rejected-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689287577,20,'rejected',200,40008,'invalid message type');
INSERT INTO messages VALUES('01a2176c-13b3-75b9-a3ad-edb452dfccc2','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓 😀\n> 镜像：`mars/mars-api`\n> 版本：`told-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689288627,6,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-13f8-7440-9b4c-e9526597a3ef','运维','{"msgtype":"text","text":{"content":"镜像入仓 成功 阿里仓\n镜像：venus/sub/web\n版本：for-two-1.0\n时间：2026-11-26 18:33:45（用时 36 秒）","mentioned_list":["zhangsan","li.si"]}}',1795689288696,5,'robot_broken',200,93000,'invalid webhook url');
INSERT INTO messages VALUES('01a2176c-13f9-7332-ae3e-bc131049ff3d','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`venus/sub/web`\n> 版本：`for-two-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689288698,2,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-142f-7691-b620-a86fc38f5d50','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">重试后成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`heals-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689288751,5,'delivered',200,0,'ok');
INSERT INTO messages VALUES('01a2176c-148d-76c5-bb97-a7e7047942db','default','{"msgtype":"markdown","markdown":{"content":"**镜像入仓** <font color=\"info\">成功</font> 阿里仓\n> 镜像：`mars/mars-api`\n> 版本：`hangs-1.0`\n> 时间：2026-11-26 18:33:45（用时 36 秒）"}}',1795689288849,0,'in_flight',0,NULL,'');
CREATE TABLE attempts (
    delivery_id TEXT   NOT NULL REFERENCES deliveries (id) ON DELETE CASCADE,
    number      BIGINT NOT NULL,
    message_id  TEXT   NOT NULL REFERENCES messages (id),
    PRIMARY KEY (delivery_id, number)
);
INSERT INTO attempts VALUES('01a2176b-7cea-712a-a2d4-087b1a398dd4',1,'01a2176b-7cee-707d-a470-168fb09c93da');
INSERT INTO attempts VALUES('01a2176b-7d34-7503-a676-1c229016cbbb',1,'01a2176b-8a2d-7449-8b32-711f455627c8');
INSERT INTO attempts VALUES('01a2176b-8a3e-77a6-8b9f-6a863e8eb621',1,'01a2176b-976f-712b-8b51-d1fd96185273');
INSERT INTO attempts VALUES('01a2176b-97ea-75ee-b9ec-666bb977c331',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-97ff-703d-8c2c-a5e52efe3e5d',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-9812-7370-acd4-06c74cad402d',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-9822-7771-9e9f-0b5b48f742b0',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-983a-7369-bd55-233d1e951c51',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-984c-71d7-9ab3-2dff54215971',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-985c-76f1-88d4-ee4b16e6892b',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-986b-76a4-998a-39d69330f77d',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-9883-7288-9d48-1b5c051716fc',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-9892-7708-9611-2fdcc932bc55',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-98a2-76da-af12-dc4569bb7a53',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-98b1-70e8-8e45-b70c690c6240',1,'01a2176b-a4ae-744a-a364-8b80addbf19b');
INSERT INTO attempts VALUES('01a2176b-97ea-75ee-b9ec-666bb977c331',2,'01a2176b-b1b9-7087-92d0-f6bf649b6c9e');
INSERT INTO attempts VALUES('01a2176b-97ff-703d-8c2c-a5e52efe3e5d',2,'01a2176b-bf63-7351-8ca0-f6a183f8dc6b');
INSERT INTO attempts VALUES('01a2176b-97ea-75ee-b9ec-666bb977c331',3,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-9812-7370-acd4-06c74cad402d',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-9822-7771-9e9f-0b5b48f742b0',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-983a-7369-bd55-233d1e951c51',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-984c-71d7-9ab3-2dff54215971',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-985c-76f1-88d4-ee4b16e6892b',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-986b-76a4-998a-39d69330f77d',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-9883-7288-9d48-1b5c051716fc',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-9892-7708-9611-2fdcc932bc55',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-98a2-76da-af12-dc4569bb7a53',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-98b1-70e8-8e45-b70c690c6240',2,'01a2176b-cca3-748e-9c2a-22b80a669598');
INSERT INTO attempts VALUES('01a2176b-cf09-7717-8824-af3ebce16692',1,'01a2176b-d9e4-7287-9703-b41680522f19');
INSERT INTO attempts VALUES('01a2176b-dacf-72bd-944c-59ed8a1a3dd8',1,'01a2176b-e72d-70b3-a994-ee60cc6d2548');
INSERT INTO attempts VALUES('01a2176b-e73e-701d-a1ff-1e06b256f9db',1,'01a2176b-f46b-7670-928c-17ad6f1a6f2c');
INSERT INTO attempts VALUES('01a2176b-f487-712d-9e71-2fb0f3e3f85a',1,'01a2176c-01ac-70d9-a9ac-62cc7a69d3d1');
INSERT INTO attempts VALUES('01a2176b-f48c-7540-81df-57ec47d0e9f6',1,'01a2176c-01ac-70d9-a9ac-62cc7a69d3d1');
INSERT INTO attempts VALUES('01a2176c-02b9-7639-b4c0-b1d61e180af2',1,'01a2176c-0eed-74a8-8c77-67ca626aebe7');
INSERT INTO attempts VALUES('01a2176c-0f30-77aa-b8c9-ea332f1b1f55',1,'01a2176c-0f32-7167-8ab8-4e0b11961b7d');
INSERT INTO attempts VALUES('01a2176c-0f95-7681-8937-82cfc88c19f7',1,'01a2176c-0f99-751b-9f5e-f22a41d89901');
INSERT INTO attempts VALUES('01a2176c-02b9-7639-b4c0-b1d61e180af2',2,'01a2176c-13b3-75b9-a3ad-edb452dfccc2');
INSERT INTO attempts VALUES('01a2176c-13ee-76b7-8e05-a10cea7c53b0',1,'01a2176c-13f8-7440-9b4c-e9526597a3ef');
INSERT INTO attempts VALUES('01a2176c-13ee-76b7-8e05-a10b8bd26440',1,'01a2176c-13f9-7332-ae3e-bc131049ff3d');
INSERT INTO attempts VALUES('01a2176c-1428-7404-8faa-6d765e40059a',1,'01a2176c-142f-7691-b620-a86fc38f5d50');
INSERT INTO attempts VALUES('01a2176c-1489-76b2-a9ea-8261ece3a587',1,'01a2176c-148d-76c5-bb97-a7e7047942db');
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
INSERT INTO robots VALUES('default',0,0,0,'none',0,'',1795689288849,'','01a2176c-0261-7321-9fe4-2a71d9b70419',1795689318849);
INSERT INTO robots VALUES('运维',1,1795689288696,1,'broken',1795689888701,'errcode 93000: invalid webhook url',1795689288701,'','01a2176c-0261-7321-9fe4-2a71d9b70419',1795689318696);
CREATE TABLE arrivals (
    key       TEXT NOT NULL,
    -- Harbor's number of the execution, or `rule ` and the beginning of the rule's description where Harbor sends none.
    execution TEXT NOT NULL,
    outcome   TEXT NOT NULL,
    version   TEXT NOT NULL,
    event_id  TEXT NOT NULL REFERENCES events (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (key, execution, outcome),
    CONSTRAINT arrivals_outcome_known CHECK (outcome IN ('succeeded', 'failed'))
);
INSERT INTO arrivals VALUES('1795689190-07e4dddc393e1d1b084ad7a745b62b9b5f3c87d3cfd64814a13085345145a730','190','succeeded','v1.2.3','01a2176b-7ce7-7556-a627-290ec58713d7');
INSERT INTO arrivals VALUES('1795689191-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','191','failed','v2.0.0','01a2176b-7d33-76b6-8684-bfc7f56b536a');
INSERT INTO arrivals VALUES('1795689191-20cd4378b6d10bacba0d2574fcccccbfe00007294ad5f15d2c74585ef8a45892','191','succeeded','v2.0.0','01a2176b-8a3d-7723-a8f2-161369b89ea2');
INSERT INTO arrivals VALUES('1795689192-a8d2d06833eb3a6768af9f672e0af696be00daabfa435afcb55f4184c05e61d1','192','succeeded','v3.1.0','01a2176b-97e9-75cf-87f3-ae59a897aca4');
INSERT INTO arrivals VALUES('1795689192-ccc7a27bd27a89e31084d918587bc63d97733e0592ed371e6b9e86d40b998bc1','192','succeeded','v3.1.0','01a2176b-97fa-7360-af9f-4bbe034a1373');
INSERT INTO arrivals VALUES('1795689192-df638b211e521e409bd7f7c02566c7a376b96da9e73036c7e0a538733508552f','192','succeeded','v3.1.0','01a2176b-980e-7774-8101-ce9a6b5b877e');
INSERT INTO arrivals VALUES('1795689192-92e1244639ec7daaad3f45a20e47079983e0d92e041920cafe5e0f021a79c6bc','192','succeeded','v3.1.0','01a2176b-9821-70a3-957c-daa99174c1d3');
INSERT INTO arrivals VALUES('1795689192-31d6877b7703f66e1d0408a16b6d0caf06ca092555998e9e6674d6f4b869d847','192','succeeded','v3.1.0','01a2176b-983a-7369-bd55-233c3afe560e');
INSERT INTO arrivals VALUES('1795689192-9f3b010e6f0b951094005310573490117b01e7da90135d6d01e7c3eedf93fdce','192','succeeded','v3.1.0','01a2176b-984c-71d7-9ab3-2dfe4fced2ba');
INSERT INTO arrivals VALUES('1795689192-922be5e3b958a5ac199b8dcba8699e146db4fb6a1b82c1d285d177fadf9052bf','192','succeeded','v3.1.0','01a2176b-985b-70b3-8edf-222293782ad5');
INSERT INTO arrivals VALUES('1795689192-cedbb2bcbc682232ecbc9cd4259324f87a5f4e5b47b27e9f5cde670ca29ebed9','192','succeeded','v3.1.0','01a2176b-986a-765c-a810-366026efd72f');
INSERT INTO arrivals VALUES('1795689192-1e0d9132153c7cd40135ed3d1cbbc7a3e2a10fb345ad4696880eb86073473a43','192','succeeded','v3.1.0','01a2176b-987e-7455-8f4d-1319eee60d11');
INSERT INTO arrivals VALUES('1795689192-5513b653b677a92e29de8adad36b09ac299955f16faa7a41e8a3db1f2f16a960','192','succeeded','v3.1.0','01a2176b-9891-779e-8afd-a43041cfbf1f');
INSERT INTO arrivals VALUES('1795689192-9c11b55cd503a4d3482b225b3908fe0d3c0e6470fdefcabdedbcda6dec42329a','192','succeeded','v3.1.0','01a2176b-98a2-76da-af12-dc44119f8838');
INSERT INTO arrivals VALUES('1795689192-ad584da922643d7675ec0baf255bd2465081a72e60a67e9f8d70c4861e91f26a','192','succeeded','v3.1.0','01a2176b-98b0-75b8-9c20-cd542d408912');
INSERT INTO arrivals VALUES('1795689234-2e06a9103d7ddc713b89a269e65f255a4b62ca0f11a5075fa9d3a894c9ab058e','9001','failed','','01a2176b-cf09-7717-8824-af3d91ad87af');
INSERT INTO arrivals VALUES('1795689234-583cf5a764b468002a516609a3d13689dbe869ff30a3189902d9ddd84eb19ff2','9002','succeeded','v1.2.4','01a2176b-dace-743d-935f-e7f35c06fcf9');
INSERT INTO arrivals VALUES('1795689234-22bc0b9d9321d13f9494f902d0bf53fc19ae65f4d9a977592df6bc3b3124e10c','9003','succeeded','v1.0.0','01a2176b-e73e-701d-a1ff-1e050602f0b7');
INSERT INTO arrivals VALUES('1795689234-865735120aef7f142be242a830f7f6ebb65bcb7b045a9d5ec6a26a88d9f1c63e','9004','failed','v2.1.1','01a2176b-f486-71dd-9093-e18ef1556fee');
INSERT INTO arrivals VALUES('1795689234-b94ef87e5787b55023b4ed0309c494d3dbf03846e10b3739b96e525132f7b9b5','9004','succeeded','v2.1.0','01a2176b-f48c-7540-81df-57edf59ba352');
INSERT INTO arrivals VALUES('1795689189-71dc520be0e0e08bf732697fd63ed8c563d973997355194a25e55f9e30058605','815','succeeded','told-1.0','01a2176c-02b8-70be-a639-8a0c1cf36de8');
INSERT INTO arrivals VALUES('1795689189-856b925668dcaaabe3c36d9989ff4566f11634233655c4efa79f7d7c7a851b1f','rule 阿里仓','succeeded','old-harbor','01a2176c-0f2f-73d9-a329-53f49d82a60e');
INSERT INTO arrivals VALUES('1795689189-000b7c50084f3f92514d54448ff514494dd0bfdf42d512240521a5e638e8c764','815','succeeded','rejected-1.0','01a2176c-0f94-7634-8e63-8a536dd430e4');
INSERT INTO arrivals VALUES('1795689189-ec9d237b96dc7cdafeb06c84451fd4c599f71a74477311bb8691915f55a2ad99','815','succeeded','for-two-1.0','01a2176c-13eb-7131-8b17-971541f6155c');
INSERT INTO arrivals VALUES('1795689189-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','failed','heals-1.0','01a2176c-141d-7678-9615-df0b6dc20e23');
INSERT INTO arrivals VALUES('1795689189-df0430d5072274b96948140bd7238c4a6ce08f200d06ad6fa2977ab3d5c8e049','816','succeeded','heals-1.0','01a2176c-1426-74d4-afdd-63c3ff214975');
INSERT INTO arrivals VALUES('1795689189-0939e42c53317ef1213ae1dfd72e692eab65e5753ff65b60430db2f706953c4d','817','failed','held-1.0','01a2176c-1486-7710-857f-417f8648a4fa');
INSERT INTO arrivals VALUES('1795689189-6919c50bcbe49aa3961059c30512d0ca53e33b0ed3cc27d9ceb0e4d0544a590f','815','succeeded','hangs-1.0','01a2176c-1489-76b2-a9ea-82607789f944');
INSERT INTO arrivals VALUES('1795689189-386ab4218e2097bf523fbf234a2fdec8e5f7d0928483945e818295c310eb9e03','815','succeeded','waits-1.0','01a2176c-14a7-729c-9091-349bc2ece66c');
INSERT INTO arrivals VALUES('1795689189-887cd373918867b696db2a5770f0af61456f71c202aad7cd12f31e1bef0f2187','815','succeeded','discarded-1.0','01a2176c-14aa-70b4-85f2-e1392a72a86b');
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
INSERT INTO harbors VALUES('https://harbor.example.com',1795689250009,9004,1795689234000,0);
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
INSERT INTO executions VALUES('https://harbor.example.com',9001,1795689234000,0,'[]');
INSERT INTO executions VALUES('https://harbor.example.com',9002,1795689234000,0,'["9002"]');
INSERT INTO executions VALUES('https://harbor.example.com',9003,1795689234000,0,'["9003"]');
INSERT INTO executions VALUES('https://harbor.example.com',9004,1795689234000,0,'["9004"]');
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
INSERT INTO failing_rules VALUES('https://harbor.example.com',1,'failed to create adapter for destination registry https registry.example.net dial tcp i o timeout','failed to create adapter for destination registry https://registry.example.net: dial tcp: i/o timeout',1795689271043,9001);
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
CREATE INDEX arrivals_by_version ON arrivals (lower(substr(version, 1, 100)), event_id);
CREATE INDEX events_of_image ON events (
    lower(substr(repository, 1, 100)), substr(registry, 1, 100), substr(description, 1, 100), execution_timestamp);
CREATE INDEX events_of_harbor_api ON events (execution_id) WHERE source <> 'webhook';
CREATE INDEX events_unconfirmed ON events (accepted_at) WHERE operation = 'unconfirmed';
CREATE INDEX deliveries_held ON deliveries (grace_until) WHERE state = 'pending' AND attempts = 0 AND grace_until > 0;
CREATE INDEX executions_in_view ON executions (look_at) WHERE look_at > 0;
COMMIT;
